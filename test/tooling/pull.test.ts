import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NODE_CACHE } from '../fixtures/node-cache.ts';
import { PROGRAM } from '../fixtures/program.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';
import { repositoryRoot } from './repository.ts';

const RAIN = 'running: true\nmedia: rain.mp4\nbitrate: 3000k\n';
const FIRE = RAIN.replace('rain', 'fire');

let workspace: Workspace;
/** Where the operator commits; its remote is `origin.git`, which the host's checkout follows. */
let access: string;
let host: string;
let script: string;

beforeEach(() => {
  workspace = makeWorkspace();
  const { dir } = workspace;
  access = path.join(dir, 'access');
  host = path.join(dir, 'host');
  script = path.join(dir, 'release/deploy/scripts/pull.sh');
  for (const folder of [path.dirname(script), path.join(dir, 'release/dist')]) mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(repositoryRoot, 'deploy/scripts/pull.sh'), script);
  const program = path.join(dir, 'release/dist/streamctl.js');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
  chmodSync(program, 0o755);
  git(dir, 'init', '--quiet', '--bare', '--initial-branch=main', 'origin.git');
  git(dir, 'clone', '--quiet', 'origin.git', 'access');
  commit({ 'desired.yaml': RAIN }, 'rain');
  git(dir, 'clone', '--quiet', 'origin.git', 'host');
});
afterEach(() => workspace.cleanup());

function git(cwd: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Operator', '-c', 'user.email=operator@example.org'];
  const result = spawnSync('git', [...identity, ...args], { cwd, encoding: 'utf8', timeout: 20_000 });
  if (result.status !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr}`);
  return result.stdout.trim();
}

/** Commits these files at the access and pushes; answers with the commit's short name. */
function commit(files: Readonly<Record<string, string>>, subject: string): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(access, name)), { recursive: true });
    writeFileSync(path.join(access, name), text);
  }
  git(access, 'add', '--force', '--all');
  git(access, 'commit', '--quiet', '-m', subject);
  git(access, 'push', '--quiet', 'origin', 'HEAD:main');
  return git(access, 'rev-parse', '--short', 'HEAD');
}

function pull(env: Readonly<Record<string, string>> = {}): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync('sh', [script, host], {
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...NODE_CACHE, ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, stdout, stderr };
}

const wished = (): string => readFileSync(path.join(host, 'desired.yaml'), 'utf8');

describe('pull.sh', () => {
  it('takes a valid commit, and says its hash as /health does', () => {
    const name = commit({ 'desired.yaml': FIRE }, 'fire tonight');
    const sum = spawnSync('sha256sum', [path.join(access, 'desired.yaml')], { encoding: 'utf8' }).stdout.slice(0, 12);
    expect(pull()).toEqual({
      code: 0,
      stdout: `at commit ${name} (fire tonight): desired.yaml is ${sum}\n`,
      stderr: '',
    });
    expect(wished()).toBe(FIRE);
  });

  it('says nothing when there is nothing new', () => {
    expect(pull()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('does not take a commit with a broken desired.yaml, and says where it is broken', () => {
    const name = commit({ 'desired.yaml': 'running: maybe\nmedia: rain.mp4\nbitrate: 3000k\n' }, 'oops');
    const { code, stderr } = pull();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `commit ${name} (oops) is not taken: desired.yaml:1:10: running: found "maybe"; accepted: true or false\n`,
    );
    expect(wished()).toBe(RAIN);
    commit({ 'desired.yaml': FIRE }, 'mended');
    expect(pull().code).toBe(0);
    expect(wished()).toBe(FIRE);
  });

  it('takes nothing when one of several channels is broken', () => {
    commit({ 'desired.yaml': FIRE, 'night/desired.yaml': 'running: 7\n' }, 'two channels');
    const { code, stderr } = pull({ JOURNAL_STREAM: '8:1' });
    expect(code).toBe(1);
    expect(stderr).toContain('night/desired.yaml:1:10: running: ');
    for (const line of stderr.trimEnd().split('\n')) expect(line).toMatch(/^<3>/);
    expect(wished()).toBe(RAIN);
  });

  it.each(['kanal-ä b', 'a"b\\c|d&e\tf'])('looks at the files of a folder that is called %j', (folder) => {
    commit({ [`${folder}/desired.yaml`]: 'running: 7\n' }, 'oops');
    const broken = pull();
    expect(broken).toMatchObject({ code: 1 });
    expect(broken.stderr).toContain(`${folder}/desired.yaml:1:10: running: `);
    commit({ [`${folder}/desired.yaml`]: FIRE, [`${folder}/.env`]: 'YOUTUBE_STREAM_KEY=abcd-efgh' }, 'secret');
    expect(pull().stderr).toContain(`${folder}/.env is in it`);
    rmSync(path.join(access, folder, '.env'));
    commit({}, 'without');
    const taken = pull();
    const sum = spawnSync('sha256sum', { input: FIRE, encoding: 'utf8' }).stdout.slice(0, 12);
    expect(taken).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${folder}/desired.yaml is ${sum}\n`) as string,
    });
  });

  it('refuses a commit with secrets in a .env, and leaves the one here alone', () => {
    writeFileSync(path.join(host, '.env'), 'mine', { mode: 0o600 });
    commit({ '.env': 'YOUTUBE_STREAM_KEY=abcd-efgh', 'desired.yaml': FIRE }, 'everything');
    const { code, stderr } = pull();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('.env is in it') as string });
    expect(stderr).not.toContain('abcd-efgh');
    expect(readFileSync(path.join(host, '.env'), 'utf8')).toBe('mine');
    expect(wished()).toBe(RAIN);
  });

  it('refuses a commit without desired.yaml', () => {
    git(access, 'rm', '--quiet', 'desired.yaml');
    commit({ 'README.md': 'later' }, 'away');
    expect(pull()).toMatchObject({ code: 1, stderr: expect.stringContaining('no desired.yaml') as string });
    expect(existsSync(path.join(host, 'desired.yaml'))).toBe(true);
  });

  it('refuses what is no fast-forward: history that was rewritten, or commits made here', () => {
    commit({ 'desired.yaml': FIRE }, 'fire');
    pull();
    git(access, 'commit', '--quiet', '--amend', '-m', 'rewritten');
    git(access, 'push', '--quiet', '--force', 'origin', 'HEAD:main');
    expect(pull()).toMatchObject({ code: 1, stderr: expect.stringContaining('does not follow') as string });
    expect(wished()).toBe(FIRE);
  });

  it('overwrites no edit made on the host', () => {
    writeFileSync(path.join(host, 'desired.yaml'), RAIN.replace('3000k', '2000k'));
    commit({ 'desired.yaml': FIRE }, 'fire');
    expect(pull()).toMatchObject({ code: 1, stderr: expect.stringContaining('desired.yaml') as string });
    expect(wished()).toContain('2000k');
  });

  it('says it when the remote is away or there is none', () => {
    git(host, 'remote', 'set-url', 'origin', path.join(workspace.dir, 'nowhere.git'));
    expect(pull()).toMatchObject({ code: 1, stderr: expect.stringContaining('git fetch failed') as string });
    git(host, 'branch', '--unset-upstream');
    expect(pull()).toMatchObject({ code: 1, stderr: expect.stringContaining('--set-upstream-to') as string });
    host = workspace.dir;
    expect(pull()).toMatchObject({ code: 1, stderr: expect.stringContaining('no git checkout') as string });
  });
});
