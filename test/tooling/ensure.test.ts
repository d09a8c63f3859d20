import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repositoryRoot } from './repository.ts';

const script = path.join(repositoryRoot, 'deploy/scripts/ensure.sh');
const basics = ['sh', 'dirname', 'cut', 'tr', 'sort', 'sed', 'find', 'grep', 'head'];

describe('ensure.sh on a machine without FFmpeg', () => {
  let bin = '';

  beforeEach(() => {
    bin = mkdtempSync(path.join(tmpdir(), 'ensure-'));
    for (const name of basics) symlinkSync(`/usr/bin/${name}`, path.join(bin, name));
    program('id', 'echo 1000');
  });

  afterEach(() => {
    rmSync(bin, { recursive: true, force: true });
  });

  function program(name: string, body: string): void {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(path.join(bin, name), 0o755);
  }

  function ensure(...args: readonly string[]): { readonly exit: number | null; readonly text: string } {
    const result = spawnSync('/bin/sh', [script, ...args], { env: { PATH: bin }, encoding: 'utf8', timeout: 10_000 });
    return { exit: result.status, text: result.stderr };
  }

  it.each([
    ['test', 'test'],
    ['long', 'test'],
    ['demo', 'demo'],
  ])('prints the one command for %s and exits 2 when it may not install', (task, needs) => {
    program('apt-get', 'echo "must not run" >&2');
    const { exit, text } = ensure(task);
    expect(exit).toBe(2);
    expect(text).toContain(`  sudo sh '${script}' packages ${needs}\n`);
    expect(text).toMatch(/^Missing: ffmpeg ffprobe /m);
    expect(text).not.toContain('must not run');
  });

  it('does the same when sudo asks for a password', () => {
    program('apt-get', 'echo "must not run" >&2');
    program('sudo', 'exit 1');
    expect(ensure('demo')).toMatchObject({ exit: 2, text: expect.stringContaining('packages demo') as string });
  });

  it('installs through sudo when that needs no password', () => {
    program('apt-get', 'exit 0');
    program('sudo', 'shift; [ "$1" = true ] || echo "as root: $*" >&2');
    expect(ensure('demo').text).toContain(`as root: sh ${script} packages demo\n`);
  });

  it('names the packages and exits 2 where there is no apt-get', () => {
    const { exit, text } = ensure('demo');
    expect(exit).toBe(2);
    expect(text).toMatch(/^ {2}.*\bffmpeg\b/m);
  });

  it('names what a service needs, and nothing that only tests do', () => {
    const result = spawnSync('/bin/sh', [script, 'missing', 'service'], {
      env: { PATH: bin },
      encoding: 'utf8',
      timeout: 10_000,
    });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(result.stdout.trim().split(' ')).toEqual(expect.arrayContaining(['ffmpeg', 'mbuffer', 'npm', 'util-linux']));
    expect(result.stdout).not.toMatch(/nginx|coreutils/);
  });

  it('exits 2 on wrong use', () => {
    expect(ensure('anything').exit).toBe(2);
    expect(ensure('packages').exit).toBe(2);
    expect(ensure('missing').exit).toBe(2);
    expect(ensure().exit).toBe(2);
  });
});
