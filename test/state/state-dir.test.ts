import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATE_FILES } from '../../src/state/files.ts';
import { StateDir } from '../../src/state/state-dir.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

let workspace: Workspace;
let dir: string;
let store: StateDir;
let mounted: string | null;

beforeEach(() => {
  workspace = makeWorkspace();
  dir = workspace.dir;
  store = new StateDir(dir);
  mounted = null;
});
afterEach(async () => {
  if (mounted !== null) execFileSync('umount', ['-l', mounted]);
  await workspace.cleanup();
});

const read = (name: string): string => readFileSync(join(dir, name), 'utf8');

/** A disk of 64 KiB; needs root. */
function tinyDisk(): StateDir {
  const path = join(dir, 'disk');
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'none', path]);
  mounted = path;
  dir = path;
  return new StateDir(path);
}

const isRoot = process.getuid?.() === 0;

describe('the state store', () => {
  it('writes and reads back, for this user alone, and leaves nothing beside it', () => {
    expect(store.load('a.json')).toBeNull();
    expect(store.save('a.json', 'one')).toBeNull();
    expect(store.save('a.json', 'two')).toBeNull();
    expect(store.load('a.json')).toBe('two');
    expect((statSync(join(dir, 'a.json')).mode & 0o777).toString(8)).toBe('600');
    expect(readdirSync(dir)).toEqual(['a.json']);
  });

  it('makes a file private that was open to others', () => {
    writeFileSync(join(dir, 'a.json'), '', { mode: 0o644 });
    store.save('a.json', 'secret');
    expect((statSync(join(dir, 'a.json')).mode & 0o777).toString(8)).toBe('600');
  });

  it('does not write what is there already', () => {
    store.save('a.json', 'same');
    const { ino } = statSync(join(dir, 'a.json'));
    store.save('a.json', 'same');
    expect(statSync(join(dir, 'a.json')).ino).toBe(ino);
  });

  it('keeps PIDs as a decimal number and a newline, restores a deleted file, and removes it with the process', () => {
    store.savePid('uplink.pid', 1234);
    expect(read('uplink.pid')).toBe('1234\n');
    rmSync(join(dir, 'uplink.pid'));
    store.savePid('uplink.pid', 1234);
    expect(read('uplink.pid')).toBe('1234\n');
    expect(store.savePid('uplink.pid', null)).toBeNull();
    expect(store.savePid('uplink.pid', null)).toBeNull();
    expect(readdirSync(dir)).toEqual([]);
    store.savePid('uplink.pid', 1234);
    expect(read('uplink.pid')).toBe('1234\n');
  });

  it('says again and again that a PID file cannot be removed', () => {
    mkdirSync(join(dir, 'uplink.pid', 'x'), { recursive: true });
    expect(store.savePid('uplink.pid', 1)).not.toBeNull();
    expect(store.remove('uplink.pid')).not.toBeNull();
    expect(store.remove('uplink.pid')).not.toBeNull();
  });

  it('never shows a reader half a file', async () => {
    const source = new URL('../../src/state/state-dir.ts', import.meta.url).href;
    const code = `import { StateDir } from ${JSON.stringify(source)};
      const store = new StateDir(${JSON.stringify(dir)});
      for (let n = 0; n < 300; n++) store.save('a.json', JSON.stringify({ n, text: 'x'.repeat(50_000 + n), end: n }));`;
    store.save('a.json', '{"n":-1,"end":-1}');
    const writer = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const over = once(writer, 'exit');
    let reads = 0;
    while (writer.exitCode === null) {
      const { n, end } = JSON.parse(read('a.json')) as { n: number; end: number };
      expect(n).toBe(end);
      reads += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await over).toEqual([0, null]);
    expect(reads).toBeGreaterThan(10);
    expect(JSON.parse(read('a.json'))).toMatchObject({ n: 299 });
  });

  it('has a bounded history: one file and one older', () => {
    const line = JSON.stringify({ event: 'on-air', pad: 'x'.repeat(100_000) });
    for (let n = 0; n < 130; n++) expect(store.appendHistory(line)).toBeNull();
    expect(readdirSync(dir).toSorted()).toEqual([STATE_FILES.history, `${STATE_FILES.history}.1`]);
    const sizes = readdirSync(dir).map((name) => statSync(join(dir, name)).size);
    expect(Math.max(...sizes)).toBeLessThan(4_500_000);
    expect((statSync(join(dir, STATE_FILES.history)).mode & 0o777).toString(8)).toBe('600');
  });

  it('makes the directory again when somebody deleted it', () => {
    store.save('a.json', 'one');
    rmSync(dir, { recursive: true });
    expect(store.save('b.json', 'two')).toBeNull();
    expect(store.save('a.json', 'one')).toBeNull();
    expect(readdirSync(dir).toSorted()).toEqual(['a.json', 'b.json']);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  });

  it('answers with what went wrong where its directory cannot be one', () => {
    writeFileSync(join(dir, 'file'), '');
    const impossible = new StateDir(join(dir, 'file'));
    expect(impossible.save('a', 'x')).toMatch(/ENOTDIR|EEXIST/);
    expect(impossible.appendHistory('x')).toMatch(/ENOTDIR|EEXIST/);
    expect(impossible.load('a')).toBeNull();
  });
});

describe.runIf(isRoot)('on a full disk', () => {
  it('keeps the old text whole, says why, leaves no remains, and writes again once there is room', () => {
    const tiny = tinyDisk();
    expect(tiny.save('a.json', 'the old text')).toBeNull();
    writeFileSync(join(dir, 'ballast'), Buffer.alloc(40_000));
    expect(tiny.save('a.json', 'x'.repeat(60_000))).toMatch(/ENOSPC/);
    expect(read('a.json')).toBe('the old text');
    expect(readdirSync(dir).toSorted()).toEqual(['a.json', 'ballast']);
    rmSync(join(dir, 'ballast'));
    expect(tiny.save('a.json', 'the new text')).toBeNull();
    expect(read('a.json')).toBe('the new text');
  });

  it('loses at most the line of history that did not fit, not the one after it', () => {
    const tiny = tinyDisk();
    const line = (n: number): string => JSON.stringify({ n, pad: 'x'.repeat(3_000) });
    let n = 0;
    while (tiny.appendHistory(line(n)) === null) n += 1;
    writeFileSync(join(dir, 'history.jsonl'), read('history.jsonl').slice(3_017 * 4));
    expect(tiny.appendHistory(line(999))).toBeNull();
    const readable = read('history.jsonl')
      .split('\n')
      .filter((text) => {
        try {
          return (JSON.parse(text) as { n: number }).n === 999;
        } catch {
          return false;
        }
      });
    expect(readable).toHaveLength(1);
  });

  it('answers with what went wrong on a disk that has become read-only', () => {
    const tiny = tinyDisk();
    tiny.save('a.json', 'old');
    tiny.savePid('uplink.pid', 7);
    execFileSync('mount', ['-o', 'remount,ro', dir]);
    expect(tiny.save('a.json', 'new')).toMatch(/EROFS/);
    expect(tiny.appendHistory('x')).toMatch(/EROFS/);
    expect(tiny.savePid('uplink.pid', null)).toMatch(/EROFS|Read-only/);
    expect(tiny.savePid('uplink.pid', null)).toMatch(/EROFS|Read-only/);
    execFileSync('mount', ['-o', 'remount,rw', dir]);
    expect(tiny.save('a.json', 'new')).toBeNull();
    expect(tiny.savePid('uplink.pid', null)).toBeNull();
    expect(readdirSync(dir)).toEqual(['a.json']);
  });
});
