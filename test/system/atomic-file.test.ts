import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomically } from '../../src/system/atomic-file.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

let workspace: Workspace;
let dir: string;
let mounted: string | null;

beforeEach(() => {
  workspace = makeWorkspace();
  dir = workspace.dir;
  mounted = null;
});
afterEach(async () => {
  if (mounted !== null) execFileSync('umount', ['-l', mounted]);
  await workspace.cleanup();
});

/** Root in a container may lack the right to mount. */
const mayMount = spawnSync('unshare', ['--mount', 'true'], { timeout: 5_000 }).status === 0;
const path = (): string => join(dir, 'a.json');
const text = (): string => readFileSync(path(), 'utf8');
const mode = (): string => (statSync(path()).mode & 0o777).toString(8);

describe('a file written atomically', () => {
  it('holds the text, for this user alone, with nothing beside it', () => {
    writeFileAtomically(path(), 'one');
    writeFileAtomically(path(), 'zwei ☃');
    expect(text()).toBe('zwei ☃');
    expect(mode()).toBe('600');
    expect(readdirSync(dir)).toEqual(['a.json']);
  });

  it('is another file than before: who reads the old one reads it to its end', () => {
    writeFileAtomically(path(), 'one');
    const { ino } = statSync(path());
    writeFileAtomically(path(), 'two');
    expect(statSync(path()).ino).not.toBe(ino);
  });

  it('closes one that was open to others', () => {
    writeFileSync(path(), '', { mode: 0o666 });
    chmodSync(path(), 0o666);
    writeFileAtomically(path(), 'secret');
    expect(mode()).toBe('600');
  });

  it('takes the place of a link and leaves alone what it led to', () => {
    const target = join(dir, 'target');
    writeFileSync(target, 'untouched');
    symlinkSync(target, path());
    writeFileAtomically(path(), 'new');
    expect(lstatSync(path()).isSymbolicLink()).toBe(false);
    expect(readFileSync(target, 'utf8')).toBe('untouched');
  });

  it('may be empty or several megabytes', () => {
    writeFileAtomically(path(), '');
    expect(text()).toBe('');
    const long = 'x'.repeat(5_000_000);
    writeFileAtomically(path(), long);
    expect(text()).toBe(long);
  });

  it('fails where a directory stands, with nothing left behind', () => {
    mkdirSync(join(path(), 'x'), { recursive: true });
    expect(() => writeFileAtomically(path(), 'one')).toThrow(/EISDIR|ENOTEMPTY/);
    expect(readdirSync(dir)).toEqual(['a.json']);
  });

  it('fails the same way each time where there is no directory, so that it can be told once', () => {
    const failure = (): string => {
      try {
        writeFileAtomically(join(dir, 'gone', 'a.json'), 'one');
        return 'no failure';
      } catch (error) {
        return error instanceof Error ? error.message : 'no Error';
      }
    };
    expect(failure()).toContain('ENOENT');
    expect(failure()).toContain(join(dir, 'gone', 'a.json'));
    expect(failure()).toBe(failure());
  });
});

describe.runIf(mayMount)('on a disk of 64 KiB', () => {
  beforeEach(() => {
    dir = join(dir, 'disk');
    mkdirSync(dir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'none', dir]);
    mounted = dir;
  });

  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  };

  it.each([0, 4_096, 24_576, 57_344])(
    'a text of 60,000 bytes leaves the old one whole, and the room as it was, where there is room for %i',
    (roomBytes) => {
      writeFileAtomically(path(), 'good');
      writeFileSync(join(dir, 'fill'), Buffer.alloc(freeBytes() - roomBytes));
      expect(freeBytes()).toBe(roomBytes);
      expect(() => writeFileAtomically(path(), 'n'.repeat(60_000))).toThrow('ENOSPC');
      expect(text()).toBe('good');
      expect(freeBytes()).toBe(roomBytes);
      expect(readdirSync(dir).toSorted()).toEqual(['a.json', 'fill']);
    },
  );

  it('the next text that fits is written', () => {
    expect(() => writeFileAtomically(path(), 'n'.repeat(100_000))).toThrow('ENOSPC');
    expect(existsSync(path())).toBe(false);
    writeFileAtomically(path(), 'fits');
    expect(text()).toBe('fits');
  });
});
