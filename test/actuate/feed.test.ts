import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drainFeed, type Feed, openFeed } from '../../src/actuate/feed.ts';
import { STATE_FILES } from '../../src/state/files.ts';
import { makeStateDir } from '../../src/state/state-dir.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

let workspace: Workspace;
let dir: string;
let opened: Feed[];

beforeEach(() => {
  workspace = makeWorkspace();
  dir = workspace.dir;
  opened = [];
});
afterEach(async () => {
  for (const feed of opened) feed.close();
  await workspace.cleanup();
});

function open(): Feed {
  const feed = openFeed(dir);
  opened.push(feed);
  return feed;
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const fifo = (): string => join(dir, STATE_FILES.fifo);

/** What the FIFO holds, at once. */
function contents(feed: Feed): string {
  const fd = openSync(`/proc/self/fd/${feed.fifoFd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(131_072);
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  } catch {
    return '';
  } finally {
    closeSync(fd);
  }
}

describe('the state directory', () => {
  it('is made with all that leads to it, for this user alone, and known by its real path', () => {
    const path = join(dir, 'a', 'b');
    expect(makeStateDir(path)).toBe(path);
    expect(mode(path)).toBe('700');
    symlinkSync(path, join(dir, 'link'));
    expect(makeStateDir(join(dir, 'link'))).toBe(path);
  });

  it('is closed to others when it was open', () => {
    const path = join(dir, 'open');
    mkdirSync(path, { mode: 0o755 });
    makeStateDir(path);
    expect(mode(path)).toBe('700');
  });

  it('cannot be a file', () => {
    writeFileSync(join(dir, 'file'), '');
    expect(() => makeStateDir(join(dir, 'file'))).toThrow();
  });
});

describe('the feed', () => {
  it('is a FIFO and two lock files, for this user alone', () => {
    open();
    expect(lstatSync(fifo()).isFIFO()).toBe(true);
    for (const name of [STATE_FILES.fifo, STATE_FILES.programLock, STATE_FILES.uplinkLock]) {
      expect(mode(join(dir, name))).toBe('600');
    }
  });

  it('carries bytes without anybody at the other end, and the same ones for the next daemon', () => {
    const first = open();
    writeSync(first.fifoFd, 'on air');
    const second = open();
    expect(fstatSync(second.fifoFd).ino).toBe(fstatSync(first.fifoFd).ino);
    expect(contents(second)).toBe('on air');
  });

  it.each<readonly [string, () => void]>([
    ['a file', () => writeFileSync(fifo(), 'x')],
    ['a symlink to a file', () => symlinkSync('/etc/hostname', fifo())],
    ['a symlink to nowhere', () => symlinkSync('/nowhere', fifo())],
  ])('is made anew where the FIFO was replaced by %s', (_, replace) => {
    replace();
    open();
    expect(lstatSync(fifo()).isFIFO()).toBe(true);
  });

  it.each([
    ['the FIFO is a directory', STATE_FILES.fifo],
    ['a lock is a directory', STATE_FILES.uplinkLock],
  ])('is refused with an error, not half made, when %s', (_, name) => {
    mkdirSync(join(dir, name));
    const before = readdirSync('/proc/self/fd').length;
    expect(() => open()).toThrow();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });

  it('is refused with an error where the directory is gone', () => {
    rmSync(dir, { recursive: true });
    expect(() => open()).toThrow();
  });

  it('keeps working when somebody deletes its names', () => {
    const feed = open();
    for (const name of readdirSync(dir)) rmSync(join(dir, name));
    writeSync(feed.fifoFd, 'still here');
    expect(contents(feed)).toBe('still here');
  });

  it('is not drained where that cannot be, which ends nothing', () => {
    expect(() => drainFeed({ ...open(), fifoFd: 999_999 })).not.toThrow();
  });

  it('is empty after draining, full or not, and draining never waits', () => {
    const feed = open();
    drainFeed(feed);
    writeSync(feed.fifoFd, Buffer.alloc(65_536, 'x'));
    drainFeed(feed);
    expect(contents(feed)).toBe('');
    writeSync(feed.fifoFd, 'new');
    expect(contents(feed)).toBe('new');
  });

  it('is empty after draining also where a `cat` made the FIFO 1 MiB deep', () => {
    const feed = open();
    // F_SETPIPE_SZ is 1031; Node cannot ask for it.
    const perl = ['-e', 'fcntl(STDIN, 1031, 1_048_576) or die $!'];
    execFileSync('perl', perl, { stdio: [feed.fifoFd, 'ignore', 'inherit'] });
    writeSync(feed.fifoFd, Buffer.alloc(1_048_576, 'x'));
    drainFeed(feed);
    expect(contents(feed)).toBe('');
  });
});
