import fs, { mkdtempSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackgroundSync } from '../../src/state/background-sync.ts';
import { StateDir } from '../../src/state/state-dir.ts';
import { eventually } from '../fixtures/eventually.ts';

const { fsync } = fs;
let dir: string;
/** What is being synced, by its path, and how its sync is let end. */
let syncs: { readonly path: string; readonly end: () => void }[];

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'background-sync-')));
  syncs = [];
  const slow = (descriptor: number, done: (error: NodeJS.ErrnoException | null) => void): void => {
    syncs.push({ path: readlinkSync(`/proc/self/fd/${descriptor}`), end: () => fsync(descriptor, done) });
  };
  fs.fsync = Object.assign(slow, { __promisify__: fsync.__promisify__ });
  syncBuiltinESMExports();
});

afterEach(() => {
  fs.fsync = fsync;
  syncBuiltinESMExports();
  rmSync(dir, { recursive: true, force: true });
});

const file = (): string => join(dir, 'a.json');
const paths = (): string[] => syncs.map(({ path }) => path);
async function endSync(nth: number): Promise<void> {
  await eventually(() => expect(syncs.length).toBeGreaterThan(nth));
  syncs[nth]!.end();
}

describe('a file put on the disk in the background', () => {
  it('is, and then its name; once more where it was asked for meanwhile, however often', async () => {
    writeFileSync(file(), 'one');
    const disk = new BackgroundSync();
    for (let i = 0; i < 3; i += 1) disk.request(file());
    for (let i = 0; i < 4; i += 1) await endSync(i);
    expect(paths()).toEqual([file(), dir, file(), dir]);
    await eventually(() => {
      disk.request(file());
      expect(syncs).toHaveLength(5);
    });
    for (const nth of [4, 5]) await endSync(nth);
  });

  it('may be gone before its turn', async () => {
    new BackgroundSync().request(file());
    await endSync(0);
    expect(paths()).toEqual([dir]);
  });

  it('is there for the next daemon at once, however long the disk takes, and goes on changing', async () => {
    const store = new StateDir(dir);
    expect(store.saveDurably('a.json', 'one')).toBeNull();
    expect(paths()).toEqual([file()]);
    expect(new StateDir(dir).load('a.json')).toBe('one');
    expect(store.saveDurably('a.json', 'two')).toBeNull();
    expect(new StateDir(dir).load('a.json')).toBe('two');
    for (let i = 0; i < 4; i += 1) await endSync(i);
  });
});
