import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import type * as fileSystem from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MediaCatalogue } from '../../../src/observe/media/catalogue.ts';
import { openProbeCache } from '../../../src/observe/probe/cache.ts';
import { fetched } from '../../../src/reconcile/model/observation.ts';
import { viewSource } from '../../../src/reconcile/programme/programme.ts';
import { openStore } from '../../../src/store/drivers.ts';
import type { Storage } from '../../../src/store/port.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { every, none, only } from '../../fixtures/failing-reads.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const reads = await vi.hoisted(async () => (await import('../../fixtures/failing-reads.ts')).makeFailingReads());

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof fileSystem>();
  return {
    ...fs,
    ...reads.promised(fs, ['realpath', 'stat']),
    async opendir(path: string): Promise<AsyncIterable<unknown>> {
      reads.pass('opendir', path);
      const folder = await fs.opendir(path);
      return (async function* () {
        for await (const entry of folder) {
          reads.pass('read', path);
          yield entry;
        }
      })();
    },
  };
});

let workspace: Workspace;
let storage: Storage;

beforeEach(() => {
  workspace = makeWorkspace();
  for (const folder of ['deep/deeper', 'lost+found']) mkdirSync(join(workspace.dir, folder), { recursive: true });
  for (const key of ['1.mp4', '2.mp4', 'deep/3.mp4', 'deep/deeper/4.mp4']) writeFileSync(join(workspace.dir, key), 'x');
  symlinkSync('nowhere.mp4', join(workspace.dir, 'dangling.mp4'));
  reads.begin(none);
  storage = openStore({ kind: 'local', directory: workspace.dir }, null);
});
afterEach(async () => {
  reads.begin(none);
  await workspace.cleanup();
});

const WHOLE = ['1.mp4', '2.mp4', 'deep/3.mp4', 'deep/deeper/4.mp4'];

/** The keys, or why there are none. */
async function list(prefix = ''): Promise<readonly string[] | string> {
  const listing = await storage.listMedia(prefix);
  return listing.kind === 'ok' ? listing.value.map(({ key }) => key) : listing.failure.reason;
}

describe('a listing of a local directory', () => {
  it.each(['EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'ESTALE', 'ETIMEDOUT', 'ENOTCONN'])(
    'fails where any single read of it fails with %s, and is whole again with the next',
    async (code) => {
      expect(await list()).toEqual(WHOLE);
      const places = [...reads.seen];
      expect(places.length).toBeGreaterThan(15);
      for (const [nth, failed] of places.entries()) {
        reads.begin(only(nth, code));
        // Without the root nothing is known at all, which has a reason of its own.
        const reason = nth === 0 ? 'StorageBucketMissing' : 'StorageError';
        expect({ failed, listing: await list() }).toEqual({ failed, listing: reason });
        reads.begin(none);
        expect(await list()).toEqual(WHOLE);
      }
    },
  );

  it('leaves out what has failed for half a minute, and takes it again once it can be read', async () => {
    reads.begin(every(/^stat .*2\.mp4$|opendir .*deeper\/$/, 'EIO'));
    const told: (readonly string[] | string)[] = [];
    for (const _ of Array(30)) told.push(await list());
    expect(told).toEqual([...Array<string>(29).fill('StorageError'), ['1.mp4', 'deep/3.mp4']]);
    reads.begin(none);
    expect(await list()).toEqual(WHOLE);
    reads.begin(every(/^stat .*2\.mp4$/, 'EIO'));
    expect(await list()).toBe('StorageError');
  });

  it('names the object that could not be looked at', async () => {
    reads.begin(every(/^stat .*2\.mp4$/, 'EIO'));
    expect(await storage.listMedia('')).toMatchObject({ failure: { message: '"2.mp4" cannot be read (EIO)' } });
  });

  it.each(['EACCES', 'EPERM'])('leaves out a folder and a file that this user may not read (%s)', async (code) => {
    reads.begin(every(/lost\+found|deeper\/?$|2\.mp4$/, code));
    expect(await list()).toEqual(['1.mp4', 'deep/3.mp4']);
  });

  it('leaves out what is gone since the folder was read', async () => {
    reads.begin(every(/deeper\/?$|2\.mp4$/, 'ENOENT'));
    expect(await list()).toEqual(['1.mp4', 'deep/3.mp4']);
  });

  it('fails where the folder itself may not be read', async () => {
    reads.begin(every(/opendir .*deep\/$/, 'EACCES'));
    expect(await list('deep/')).toBe('MediaForbidden');
  });
});

describe('a programme from a local directory', () => {
  it('is what it was after any single read that fails', async () => {
    let nowMs = 0;
    const catalogue = new MediaCatalogue({
      storage,
      probe: async () => ({ kind: 'failed', failure: { reason: 'MediaUndecodable', message: '' } }),
      sample: async () => null,
      cache: await openProbeCache(join(workspace.dir, 'probes.json'), () => undefined),
      urlTtlS: 600,
      now: () => nowMs,
      wake: () => undefined,
    });
    const programme = async (): Promise<unknown> => {
      nowMs += 1_000;
      catalogue.list('', 0);
      await eventually(() => expect(fetched(catalogue.tables().listings, '')).toMatchObject({ atMs: nowMs }));
      const media = { ...catalogue.tables(), copies: new Map(), clips: new Map() };
      const view = viewSource({ kind: 'prefix', prefix: '' }, media);
      return view.kind === 'ready' ? view.keys : view.kind;
    };
    expect(await programme()).toEqual(WHOLE);
    reads.begin(none);
    await programme();
    for (const [nth, failed] of [...reads.seen].entries()) {
      reads.begin(only(nth, 'EIO'));
      expect({ failed, keys: await programme() }).toEqual({ failed, keys: WHOLE });
    }
  });
});
