import { join } from 'node:path';
import { setImmediate as settled } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MediaCatalogue } from '../../../src/observe/media/catalogue.ts';
import { openProbeCache } from '../../../src/observe/probe/cache.ts';
import type { ItemFacts, ListedObject } from '../../../src/reconcile/model/item.ts';
import { type Fetched, fetched } from '../../../src/reconcile/model/observation.ts';
import type { MediaFailure } from '../../../src/reconcile/model/reasons.ts';
import type { Sampler } from '../../../src/store/fetch/sample.ts';
import type { MediaResult, Storage } from '../../../src/store/port.ts';
import { writeFileAtomically } from '../../../src/system/atomic-file.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const away: MediaFailure = { reason: 'StorageUnreachable', message: 'the store is away' };

const undecodable: MediaFailure = { reason: 'MediaUndecodable', message: 'not media' };

const factsIn = (catalogue: MediaCatalogue, key: string): Fetched<ItemFacts> => fetched(catalogue.tables().facts, key);
const listingIn = (catalogue: MediaCatalogue, prefix: string): Fetched<readonly ListedObject[]> =>
  fetched(catalogue.tables().listings, prefix);

/** A store in memory whose answers can be held back; all others are there before the next `setImmediate`. */
class Bench {
  readonly objects = new Map<string, string>();
  isAway = false;
  nowMs = 0;
  wakes = 0;
  lists = 0;
  readonly probed: string[] = [];
  probing = 0;
  mostProbing = 0;
  readonly sampled: string[] = [];
  sampleFailure: MediaFailure | null = null;
  /** What no probe can read, as `key@version`. */
  readonly broken = new Set<string>();
  #gate: Promise<void> = Promise.resolve();

  /** Holds every probe until the returned function is called. */
  hold(): () => void {
    let open = (): void => undefined;
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  readonly storage: Storage = {
    listMedia: async () => {
      this.lists += 1;
      return this.#answer([...this.objects].map(([key, version]) => ({ key, version, sizeBytes: 1 })));
    },
    statMedia: async (key) => {
      const version = this.objects.get(key);
      return version === undefined && !this.isAway
        ? { kind: 'failed', failure: { reason: 'MediaNotFound', message: 'gone' } }
        : this.#answer({ key, version: version ?? '', sizeBytes: 1 });
    },
    getStreamUrl: async (key) => ({ kind: 'ok', value: `file:/${key}` }),
  };

  readonly probe = async (_url: string, listed: ListedObject): Promise<MediaResult<ItemFacts>> => {
    this.probing += 1;
    this.mostProbing = Math.max(this.mostProbing, this.probing);
    await this.#gate;
    this.probing -= 1;
    this.probed.push(`${listed.key}@${listed.version}`);
    if (this.broken.has(`${listed.key}@${listed.version}`)) return { kind: 'failed', failure: undecodable };
    return { kind: 'ok', value: { ...listed, durationS: 1, formatName: 'mp3', video: null, audio: null } };
  };

  readonly sample: Sampler = async (_url, key, { offsetBytes, sizeBytes }) => {
    this.sampled.push(`${key} ${offsetBytes}+${sizeBytes}`);
    return this.sampleFailure;
  };

  #answer<T>(value: T): MediaResult<T> {
    return this.isAway ? { kind: 'failed', failure: away } : { kind: 'ok', value };
  }
}

describe('the media catalogue', () => {
  let workspace: Workspace;
  let bench: Bench;
  let catalogue: MediaCatalogue;

  const open = async (): Promise<MediaCatalogue> =>
    new MediaCatalogue({
      storage: bench.storage,
      probe: bench.probe,
      sample: bench.sample,
      cache: await openProbeCache(join(workspace.dir, 'probes.json'), writeFileAtomically),
      urlTtlS: 600,
      now: () => bench.nowMs,
      wake: () => {
        bench.wakes += 1;
      },
    });
  beforeEach(async () => {
    workspace = makeWorkspace();
    bench = new Bench();
    catalogue = await open();
  });
  afterEach(() => {
    vi.useRealTimers();
    return workspace.cleanup();
  });

  it('knows nothing that nobody asked for', () => {
    expect(factsIn(catalogue, 'a')).toEqual({ kind: 'pending' });
    expect(listingIn(catalogue, '')).toEqual({ kind: 'pending' });
  });

  it('lets what hangs count as failed after 5 s, since it was begun, until its answer comes, and leaves what is known alone', async () => {
    bench.objects.set('a', 'v1').set('b', 'v1');
    catalogue.inspect('b', 0);
    await settled();
    const release = bench.hold();
    bench.objects.set('b', 'v2');
    bench.nowMs = 1_000;
    catalogue.inspect('a', 0);
    catalogue.inspect('b', -1);
    bench.nowMs += 4_900;
    expect(factsIn(catalogue, 'a')).toEqual({ kind: 'pending' });
    bench.nowMs += 100;
    expect(factsIn(catalogue, 'a')).toMatchObject({
      kind: 'failed',
      failure: { reason: 'StorageSlow' },
      atMs: 6_000,
      sinceMs: 1_000,
    });
    expect(factsIn(catalogue, 'b')).toMatchObject({ kind: 'ok', value: { version: 'v1' } });
    release();
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok' });
  });

  it('reads what cannot be played ever more rarely, and at once when it was replaced', async () => {
    bench.objects.set('a', 'v1');
    bench.broken.add('a@v1');
    for (; bench.nowMs < 300_000; bench.nowMs += 5_000) {
      catalogue.inspect('a', 1_000);
      await settled();
      expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'failed', failure: undecodable });
    }
    // At 0, and after waits of 15, 30, 60 and 120 s.
    expect(bench.probed).toEqual(Array.from({ length: 5 }, () => 'a@v1'));
    bench.objects.set('a', 'v2');
    catalogue.inspect('a', 1_000);
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', value: { version: 'v2' } });
  });

  it('keeps facts that were mended until the object is replaced, over a restart too', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    bench.objects.set('a', 'v1');
    catalogue.inspect('a', 0);
    await settled();
    const facts = factsIn(catalogue, 'a');
    if (facts.kind !== 'ok') throw new Error(facts.kind);
    catalogue.mend({ ...facts.value, contradicted: 'it is another' });
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', value: { contradicted: 'it is another' } });
    // The cache writes again after 2 s.
    vi.advanceTimersByTime(2_000);
    catalogue = await open();
    catalogue.inspect('a', 0);
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', value: { contradicted: 'it is another' } });
    bench.objects.set('a', 'v2');
    catalogue.inspect('a', -1);
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', value: { version: 'v2' } });
    expect(factsIn(catalogue, 'a')).not.toHaveProperty('value.contradicted');
  });

  it('knows by a listing that what could not be played was replaced', async () => {
    bench.objects.set('a', 'v1').set('b', 'v1');
    bench.broken.add('a@v1').add('b@v1');
    catalogue.inspect('a', 0);
    catalogue.inspect('b', 0);
    await settled();
    const before = catalogue.tables();
    bench.objects.set('a', 'v2');
    catalogue.list('', 0);
    await settled();
    expect(factsIn(catalogue, 'a')).toEqual({ kind: 'pending' });
    expect(factsIn(catalogue, 'b')).toMatchObject({ kind: 'failed' });
    expect(fetched(before.facts, 'a')).toMatchObject({ kind: 'failed' });
  });

  it('has the same list for as long as it is listed alike, and another once an object was replaced', async () => {
    const listAgain = async (): Promise<readonly ListedObject[]> => {
      bench.nowMs += 60_000;
      catalogue.list('', 1_000);
      await settled();
      const listing = listingIn(catalogue, '');
      if (listing.kind !== 'ok') throw new Error(listing.kind);
      expect(listing.atMs).toBe(bench.nowMs);
      return listing.value;
    };
    bench.objects.set('a', 'v1').set('b', 'v1');
    const first = await listAgain();
    expect(await listAgain()).toBe(first);
    bench.objects.set('b', 'v2');
    const second = await listAgain();
    expect(second).toMatchObject([{ version: 'v1' }, { version: 'v2' }]);
    bench.objects.delete('a');
    expect(await listAgain()).toEqual([second[1]]);
  });

  it('reads a sample where one is asked for, and takes its failure for an answer', async () => {
    bench.objects.set('a', 'v1');
    const sample = { offsetBytes: 7, sizeBytes: 5, minBytesPerS: 1 };
    catalogue.inspect('a', 0);
    await settled();
    expect(bench.sampled).toEqual([]);
    bench.nowMs = 10;
    bench.sampleFailure = { reason: 'StorageSlow', message: 'too slow' };
    catalogue.inspect('a', 0, sample);
    await settled();
    expect(bench.sampled).toEqual(['a 7+5']);
    expect(factsIn(catalogue, 'a')).toMatchObject({
      kind: 'failed',
      failure: { reason: 'StorageSlow' },
      lastGood: { value: { key: 'a' } },
    });
    bench.nowMs = 20;
    bench.sampleFailure = null;
    catalogue.inspect('a', 0, sample);
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', atMs: 20 });
  });

  it('answers later, and wakes when it does', async () => {
    bench.objects.set('a', 'v1');
    bench.nowMs = 5;
    catalogue.inspect('a', 1000);
    catalogue.list('', 1000);
    expect(factsIn(catalogue, 'a')).toEqual({ kind: 'pending' });
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', value: { key: 'a', version: 'v1' }, atMs: 5 });
    expect(listingIn(catalogue, '')).toEqual({
      kind: 'ok',
      value: [{ key: 'a', version: 'v1', sizeBytes: 1 }],
      atMs: 5,
      sinceMs: 5,
    });
    expect(bench.wakes).toBe(2);
  });

  it('does the same work once, however often it is asked', async () => {
    bench.objects.set('a', 'v1');
    for (let i = 0; i < 10; i += 1) {
      catalogue.inspect('a', 1000);
      catalogue.list('', 1000);
    }
    await settled();
    catalogue.inspect('a', 1000);
    await settled();
    expect([bench.probed, bench.lists]).toEqual([['a@v1'], 1]);
  });

  it('looks again when the answer is too old, and probes again only what was replaced', async () => {
    bench.objects.set('a', 'v1');
    catalogue.inspect('a', 1000);
    await settled();
    bench.nowMs = 1001;
    catalogue.inspect('a', 1000);
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', atMs: 1001 });
    expect(bench.probed).toEqual(['a@v1']);
    bench.objects.set('a', 'v2');
    bench.nowMs = 3000;
    catalogue.inspect('a', 1000);
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', value: { version: 'v2' } });
    expect(bench.probed).toEqual(['a@v1', 'a@v2']);
  });

  it('keeps the last good answer beside a failure, however often it fails', async () => {
    bench.objects.set('a', 'v1');
    catalogue.inspect('a', 0);
    catalogue.list('', 0);
    await settled();
    bench.isAway = true;
    for (bench.nowMs of [10, 20]) {
      catalogue.inspect('a', 0);
      catalogue.list('', 0);
      await settled();
    }
    expect(factsIn(catalogue, 'a')).toMatchObject({
      ...{ kind: 'failed', failure: away, atMs: 20 },
      lastGood: { value: { version: 'v1' }, atMs: 0 },
    });
    expect(listingIn(catalogue, '')).toMatchObject({ kind: 'failed', lastGood: { value: [{ key: 'a' }], atMs: 0 } });
  });

  it('tells since when every answer has been of the same kind', async () => {
    bench.objects.set('a', 'v1');
    const sinceMs: unknown[] = [];
    for (const [nowMs, isAway] of [
      [10, false],
      [20, false],
      [30, true],
      [40, true],
      [50, false],
    ] as const) {
      Object.assign(bench, { nowMs, isAway });
      catalogue.inspect('a', 0);
      await settled();
      const answer = factsIn(catalogue, 'a');
      sinceMs.push(answer.kind === 'pending' ? null : answer.sinceMs);
    }
    expect(sinceMs).toEqual([10, 10, 30, 30, 50]);
  });

  it('retries nothing by itself', async () => {
    bench.isAway = true;
    catalogue.inspect('a', 1000);
    await settled();
    bench.isAway = false;
    bench.objects.set('a', 'v1');
    catalogue.inspect('a', 1000);
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'failed', lastGood: null });
    bench.nowMs = 1001;
    catalogue.inspect('a', 1000);
    await settled();
    expect(factsIn(catalogue, 'a').kind).toBe('ok');
  });

  it('probes two objects at once at most, and forgets requests beyond a bound', async () => {
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
    for (const key of keys) bench.objects.set(key, 'v1');
    const release = bench.hold();
    for (const key of keys) catalogue.inspect(key, 0);
    await eventually(() => expect(bench.probing).toBe(2));
    release();
    await settled();
    expect(bench.mostProbing).toBe(2);
    expect(bench.probed.length).toBe(2 + 64);
    expect(factsIn(catalogue, 'k99')).toEqual({ kind: 'pending' });
    catalogue.inspect('k99', 0);
    await settled();
    expect(factsIn(catalogue, 'k99').kind).toBe('ok');
  });

  it('tells what was known at the time of a look, whatever it learns later, and copies nothing for a look', async () => {
    bench.objects.set('a', 'v1');
    catalogue.inspect('a', 0);
    await settled();
    const { facts } = catalogue.tables();
    expect(catalogue.tables().facts).toBe(facts);
    bench.objects.set('a', 'v2');
    bench.nowMs = 1;
    catalogue.inspect('a', 0);
    await settled();
    expect(fetched(facts, 'a')).toMatchObject({ value: { version: 'v1' } });
    expect(factsIn(catalogue, 'a')).toMatchObject({ value: { version: 'v2' } });
  });

  it('is as old as its question, however late the answer comes', async () => {
    bench.objects.set('a', 'v1');
    bench.nowMs = 5;
    const release = bench.hold();
    catalogue.inspect('a', 0);
    await eventually(() => expect(bench.probing).toBe(1));
    bench.nowMs = 60_000;
    release();
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', atMs: 5 });
  });

  it('goes on answering from before while it looks again', async () => {
    bench.objects.set('a', 'v1');
    catalogue.inspect('a', 0);
    await settled();
    bench.objects.set('a', 'v2');
    bench.nowMs = 1;
    const release = bench.hold();
    catalogue.inspect('a', 0);
    await eventually(() => expect(bench.probing).toBe(1));
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', value: { version: 'v1' } });
    release();
    await settled();
    expect(factsIn(catalogue, 'a')).toMatchObject({ kind: 'ok', value: { version: 'v2' } });
  });

  it('probes nothing again after a restart', async () => {
    bench.objects.set('a', 'v1');
    catalogue.inspect('a', 0);
    await settled();
    const restarted = await open();
    restarted.inspect('a', 0);
    await settled();
    expect(factsIn(restarted, 'a').kind).toBe('ok');
    expect(bench.probed).toEqual(['a@v1']);
  });
});
