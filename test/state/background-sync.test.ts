import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackgroundSync, syncedPath } from '../../src/state/background-sync.ts';
import { StateDir } from '../../src/state/state-dir.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

interface Sync {
  readonly path: string;
  readonly end: () => void;
  readonly fail: (code: string) => void;
}

let workspace: Workspace;
let dir: string;
/** What a disk has been asked for so far that answers when it is told to. */
let syncs: Sync[];
let disk: BackgroundSync;

beforeEach(() => {
  workspace = makeWorkspace();
  dir = workspace.dir;
  syncs = [];
  disk = new BackgroundSync(
    (path) =>
      new Promise((resolve, reject) => {
        const fail = (code: string): void => reject(Object.assign(new Error(`${code}: fsync`), { code }));
        syncs.push({ path, end: resolve, fail });
      }),
  );
});
afterEach(() => workspace.cleanup());

const file = (): string => join(dir, 'a.json');
const read = (path: string): string => readFileSync(path, 'utf8');
const paths = (): string[] => syncs.map(({ path }) => path);

async function sync(nth: number): Promise<Sync> {
  await eventually(() => expect(syncs.length).toBeGreaterThan(nth));
  return syncs[nth]!;
}
async function endSyncs(from: number, to: number): Promise<void> {
  for (let nth = from; nth <= to; nth += 1) (await sync(nth)).end();
}

describe('a file put on the disk in the background', () => {
  it('has a second name once it is there, and not before, whatever takes its place meanwhile', async () => {
    writeFileSync(file(), 'one');
    disk.request(file());
    await sync(0);
    rmSync(file());
    writeFileSync(file(), 'two');
    expect(readdirSync(dir)).toEqual(['a.json', 'a.json.syncing']);
    await endSyncs(0, 1);
    expect(readdirSync(dir)).toEqual(['a.json', 'a.json.synced']);
    expect([read(file()), read(syncedPath(file()))]).toEqual(['two', 'one']);
    // The second name, too, is put on the disk.
    expect(paths()).toEqual([`${file()}.syncing`, dir]);
  });

  it('is once more where it was asked for meanwhile, however often, and only then', async () => {
    writeFileSync(file(), 'one');
    disk.request(file());
    await sync(0);
    writeFileSync(file(), 'two');
    for (let i = 0; i < 3; i += 1) disk.request(file());
    await endSyncs(0, 3);
    await eventually(() => {
      disk.request(file());
      expect(syncs).toHaveLength(5);
    });
    expect(read(syncedPath(file()))).toBe('two');
  });

  it('keeps the text before where the disk fails, says so, and no longer when it works again', async () => {
    writeFileSync(file(), 'one');
    disk.request(file());
    await endSyncs(0, 1);
    rmSync(file());
    writeFileSync(file(), 'two');
    await eventually(() => {
      disk.request(file());
      expect(syncs).toHaveLength(3);
    });
    syncs[2]!.fail('EIO');
    await eventually(() => expect(disk.failureOf(file())).toBe('EIO: fsync'));
    expect(read(syncedPath(file()))).toBe('one');
    disk.request(file());
    await endSyncs(3, 4);
    await eventually(() => expect(disk.failureOf(file())).toBeNull());
    expect(read(syncedPath(file()))).toBe('two');
  });

  it('is so under its own name where there can be no second one', async () => {
    // As of a directory, on any file system.
    mkdirSync(file());
    disk.request(file());
    await endSyncs(0, 1);
    expect(paths()).toEqual([file(), dir]);
    expect(readdirSync(dir)).toEqual(['a.json']);
  });

  it('is so, too, where the file system cannot sync a directory', async () => {
    writeFileSync(file(), 'one');
    disk.request(file());
    (await sync(0)).end();
    (await sync(1)).fail('ENOTSUP');
    await eventually(() => {
      disk.request(file());
      expect(syncs).toHaveLength(3);
    });
    expect([disk.failureOf(file()), read(syncedPath(file()))]).toEqual([null, 'one']);
  });

  it('may be gone before its turn', async () => {
    const real = new BackgroundSync();
    real.request(file());
    writeFileSync(join(dir, 'b'), 'b');
    real.request(join(dir, 'b'));
    await eventually(() => expect(readdirSync(dir)).toEqual(['b', 'b.synced']));
    expect(real.failureOf(file())).toBeNull();
  });
});

describe('a state file put on the disk in the background', () => {
  it('is there for the next daemon at once, however long the disk takes, and goes on changing', async () => {
    const store = new StateDir(dir, disk);
    expect(store.saveDurably('a.json', 'one')).toBeNull();
    expect(new StateDir(dir).load('a.json')).toBe('one');
    await sync(0);
    expect(store.saveDurably('a.json', 'two')).toBeNull();
    expect(new StateDir(dir).load('a.json')).toBe('two');
    await endSyncs(0, 3);
    await eventually(() => expect(read(syncedPath(file()))).toBe('two'));
  });

  it('is said to have failed as long as no later text is on the disk', async () => {
    const store = new StateDir(dir, disk);
    store.saveDurably('a.json', 'one');
    (await sync(0)).fail('EIO');
    await eventually(() => expect(store.saveDurably('a.json', 'one')).toBe('EIO: fsync'));
    expect(store.save('a.json', 'two')).toBe('EIO: fsync');
    expect(read(file())).toBe('two');
    store.saveDurably('a.json', 'three');
    await endSyncs(1, 2);
    await eventually(() => expect(store.save('a.json', 'three')).toBeNull());
  });
});
