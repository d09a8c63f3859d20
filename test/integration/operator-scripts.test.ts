import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { parseDesired } from '../../src/observe/desired/parse.ts';
import { NODE_CACHE } from '../fixtures/node-cache.ts';
import { STAGE_SIZE } from '../fixtures/stage-media.ts';
import {
  colourArrives,
  currentSession,
  firstPicture,
  openStudio,
  programmeColours,
  SLATE,
  type Studio,
} from './studio.ts';
import { repositoryRoot } from '../tooling/repository.ts';

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
  await studio.upload('red.mp4', { color: 'red', seconds: 30 });
  writeFileSync(
    studio.desiredPath,
    `# ours\nrunning: true # wish\nmedia: red.mp4\nbitrate: 800k\nresolution: ${STAGE_SIZE}\n`,
  );
});

afterEach(() => studio.close());

/** Runs a script as an operator would, for the studio's configuration; killed after 100 s. */
function script(
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', [join(repositoryRoot, 'deploy/scripts', name), ...args], {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...NODE_CACHE, STREAM_CONFIG_DIR: studio.configDir, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 100_000,
      killSignal: 'SIGKILL',
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const desired = (): string => readFileSync(studio.desiredPath, 'utf8');

test('an operator takes the stream off air, on again, and puts other media on, by scripts alone', async () => {
  const daemon = await studio.start();
  const env = { ...studio.env, STREAM_CONTROLLER_PORT: String(daemon.port), STREAM_STATE_DIR: studio.stateDir };
  await firstPicture(studio.sink);

  const stopped = await script('stop.sh', ['--timeout', '90'], env);
  expect(stopped).toMatchObject({ code: 0, err: '' });
  expect(stopped.out).toMatch(/^ +\d+ s {2}stopped StoppedByFile: .*\n$/m);
  expect(studio.sink.publishers).toBe(0);
  expect(desired()).toContain('# ours\nrunning: false # wish\n');
  expect(await script('check_status.sh', ['--quiet'], env)).toEqual({ code: 0, out: '', err: '' });

  const started = await script('start.sh', ['--timeout', '90'], env);
  expect(started).toMatchObject({ code: 0, err: '' });
  expect(studio.sink.publishers).toBe(1);
  expect((await script('check_status.sh', ['--strict'], env)).out).toMatch(/^live OnAir: .*red\.mp4.*\n$/);

  const missing = await script('update_media.sh', ['lime.mp4'], env);
  expect(missing).toMatchObject({ code: 1, out: '' });
  expect(missing.err).toMatch(/^MediaNotFound: /);
  expect(desired()).toContain('media: red.mp4\n');

  const key = '-odd: "blue" #1\'s.mp4';
  for (const each of [key, 'sea.mp4']) await studio.upload(each, { color: 'blue', seconds: 30 });
  const sessions = studio.sink.sessions.length;
  const updated = await script('update_media.sh', ['--timeout', '90', '--', key, 'sea.mp4'], env);
  expect(updated).toMatchObject({ code: 0, err: '' });
  expect(parseDesired(readFileSync(studio.desiredPath))).toMatchObject({
    spec: { media: { kind: 'list', keys: [key, 'sea.mp4'] } },
  });
  const session = currentSession(studio.sink);
  await colourArrives(studio.sink, 'blue');
  expect(studio.sink.sessions).toHaveLength(sessions);
  expect(await programmeColours(session)).not.toContain(SLATE);
  expect((await daemon.health()).playout?.item).toBe(key);
});

test('without a daemon the wish is written, and the scripts say that nobody follows it', async () => {
  const late = await script('start.sh', ['--timeout', '1']);
  expect(late).toMatchObject({ code: 1, err: expect.stringMatching(/^not as wished within 1 s/) as string });
  expect(late.out).toContain('no daemon answers');
  expect(await script('stop.sh', ['--timeout', '5'])).toMatchObject({
    code: 0,
    out: '  0 s  off air: no daemon runs\n',
  });
  expect(desired()).toContain('running: false # wish\n');
  const status = await script('check_status.sh', ['--quiet']);
  expect(status).toMatchObject({ code: 1, out: expect.stringMatching(/^unknown DaemonSilent: /) as string });
});

describe('an edit by script', () => {
  const wait = ['--force', '--timeout', '1'];

  it('comes after the one before, however many begin at once, and leaves no half file', async () => {
    const keys = ['one.mp4', 'two.mp4', 'three.mp4', 'four.mp4'];
    await Promise.all(keys.map((key) => script('update_media.sh', [...wait, key, 'rain.mp4'])));
    const file = parseDesired(readFileSync(studio.desiredPath));
    expect(keys.map((key) => ({ kind: 'list', keys: [key, 'rain.mp4'] }))).toContainEqual(
      file.kind === 'ok' ? file.spec.media : file,
    );
    expect(desired()).toMatch(/^# ours\nrunning: true # wish\nmedia:\n/);
    expect(readdirSync(studio.configDir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('keeps owner, mode and a symlink, and tells of a git checkout', async () => {
    const repository = join(studio.dir, 'repository');
    mkdirSync(join(repository, '.git'), { recursive: true });
    renameSync(studio.desiredPath, join(repository, 'desired.yaml'));
    chmodSync(join(repository, 'desired.yaml'), 0o664);
    symlinkSync(join(repository, 'desired.yaml'), studio.desiredPath);
    const { err } = await script('update_media.sh', [...wait, 'sea.mp4']);
    expect(err).toContain('is part of a git checkout: commit the change there');
    expect(statSync(join(repository, 'desired.yaml')).mode & 0o7777).toBe(0o664);
    expect(readFileSync(join(repository, 'desired.yaml'), 'utf8')).toContain('media: sea.mp4\n');
  });

  it('changes nothing when the outcome would not be valid, exit 2', async () => {
    const before = desired();
    const url = await script('update_media.sh', ['https://example.org/rain.mp4?sig=secret']);
    expect(url).toMatchObject({ code: 2, out: '' });
    expect(url.err).not.toContain('secret');
    writeFileSync(join(studio.configDir, '.env'), 'YOUTUBE_STREAM_KEY=abcd-secret-efgh\n', { mode: 0o600 });
    expect(await script('update_media.sh', [...wait, 'abcd-secret-efgh.mp4'])).toMatchObject({ code: 2 });
    expect(desired()).toBe(before);
    writeFileSync(studio.desiredPath, `${before}bitrat: 1\n`);
    const broken = await script('stop.sh');
    expect(broken).toMatchObject({ code: 2, err: expect.stringContaining('did you mean bitrate?') as string });
  });
});

describe('every script', () => {
  const names = ['start.sh', 'stop.sh', 'restart.sh', 'update_media.sh', 'check_status.sh'];

  it.each(names)('%s explains itself, and refuses what it does not know with exit 2', async (name) => {
    const help = await script(name, ['--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toMatch(new RegExp(`^${name.replace('.', '\\.')}: .*\\n\\nUsage: ${name} `));
    expect(help.out).toContain('--instance NAME');
    for (const args of [
      ['--frobnicate'],
      ['-x'],
      ['--timeout', 'soon'],
      ['--instance', '../x'],
      ['--instance', 'absent'],
    ])
      expect(await script(name, args)).toMatchObject({ code: 2, out: '' });
  });
});
