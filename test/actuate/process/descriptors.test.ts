import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unlinkedFile } from '../../../src/actuate/process/descriptors.ts';
import { runTool } from '../../fixtures/run-tool.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

let workspace: Workspace;
let opened: number[];

beforeEach(() => {
  workspace = makeWorkspace();
  opened = [];
});
afterEach(async () => {
  for (const fd of opened) closeSync(fd);
  await workspace.cleanup();
});

function make(text: string): number {
  const fd = unlinkedFile(text, workspace.dir);
  opened.push(fd);
  return fd;
}

const named = (): readonly string[] =>
  ['/dev/shm', workspace.dir, tmpdir()].flatMap((place) =>
    readdirSync(place).filter((name) => name.startsWith('.stream-controller-')),
  );

describe('a file without a name', () => {
  it('holds the text, from its beginning for each who opens it', () => {
    const fd = make('rtmp_playpath=abcd-☃\n');
    for (let time = 0; time < 2; time++) {
      expect(readFileSync(`/proc/self/fd/${fd}`, 'utf8')).toBe('rtmp_playpath=abcd-☃\n');
    }
  });

  it('is nowhere to be found, and for this user alone', () => {
    const fd = make('secret');
    expect(named()).toEqual([]);
    expect(readlinkSync(`/proc/self/fd/${fd}`)).toMatch(/ \(deleted\)$/);
    const { nlink, mode } = fstatSync(fd);
    expect(nlink).toBe(0);
    expect((mode & 0o777).toString(8)).toBe('600');
  });

  it('reaches a child that opens it through its descriptor', () => {
    const fd = make('for the child');
    const text = execFileSync('cat', ['/proc/self/fd/3'], { stdio: ['ignore', 'pipe', 'ignore', fd] });
    expect(text.toString()).toBe('for the child');
  });

  it('is another each time', () => {
    const inodes = [make('a'), make('b'), make('c')].map((fd) => fstatSync(fd).ino);
    expect(new Set(inodes).size).toBe(3);
  });

  it('may be empty or larger than a pipe', () => {
    expect(readFileSync(`/proc/self/fd/${make('')}`, 'utf8')).toBe('');
    const long = 'x'.repeat(300_000);
    expect(readFileSync(`/proc/self/fd/${make(long)}`, 'utf8')).toBe(long);
  });
});

const MODULE = new URL('../../../src/actuate/process/descriptors.ts', import.meta.url).href;
/** Root in a container may lack the right to mount. */
const mayMount = spawnSync('unshare', ['--mount', 'true'], { timeout: 5_000 }).status === 0;

/** The two directories beside memory; apart from each other, so that each can have a disk of its own. */
const places = (): { readonly state: string; readonly temporary: string } => ({
  state: join(workspace.dir, 'state'),
  temporary: join(workspace.dir, 'temporary'),
});

/** Runs in a mount namespace of its own, with these disks: prints where the file is and how much of the text it holds. */
async function withDisks(mounts: readonly string[], bytes: number): Promise<string> {
  const { state, temporary } = places();
  mkdirSync(state);
  mkdirSync(temporary);
  const program = `import { unlinkedFile } from ${JSON.stringify(MODULE)};
    import { readFileSync, readlinkSync, readdirSync } from 'node:fs';
    const before = readdirSync('/proc/self/fd').length;
    try {
      const fd = unlinkedFile('x'.repeat(${bytes}), ${JSON.stringify(state)});
      const path = '/proc/self/fd/' + fd;
      console.log(readlinkSync(path).replace(/\\/\\.stream-controller.*/, ''), readFileSync(path).length);
    } catch (error) {
      console.log('threw', error.code, readdirSync('/proc/self/fd').length - before);
    }`;
  const script = [`export TMPDIR='${temporary}'`, ...mounts, 'exec "$@"'].join(' && ');
  const args = ['--mount', 'sh', '-c', script, 'sh', process.execPath, '--input-type=module', '-e', program];
  const { stdout, stderr } = await runTool('unshare', args, { timeoutMs: 15_000 });
  if (stdout.length === 0) throw new Error(stderr);
  return stdout.toString().trim();
}

describe.runIf(mayMount)('where memory is short', () => {
  const tiny = (path: string): string => `mount -t tmpfs -o size=8k none '${path}'`;
  const readOnly = (path: string): string => `mount -t tmpfs -o ro none '${path}'`;

  it('the file is in memory while there is room', async () => {
    expect(await withDisks([tiny('/dev/shm')], 8_000)).toBe('/dev/shm 8000');
  });

  it('a text that memory has no room for is written elsewhere, whole', async () => {
    expect(await withDisks([tiny('/dev/shm')], 20_000)).toBe(`${places().state} 20000`);
  });

  it('the file is in the directory where memory cannot be written', async () => {
    expect(await withDisks([readOnly('/dev/shm')], 100)).toBe(`${places().state} 100`);
  });

  it('the file is in the temporary directory where the other two cannot be written', async () => {
    const { state, temporary } = places();
    expect(await withDisks([readOnly('/dev/shm'), readOnly(state)], 100)).toBe(`${temporary} 100`);
  });

  it('an error is thrown, and no descriptor leaked, where nothing can be written', async () => {
    const { state, temporary } = places();
    expect(await withDisks([readOnly('/dev/shm'), readOnly(state), readOnly(temporary)], 100)).toBe('threw EROFS 0');
  });
});
