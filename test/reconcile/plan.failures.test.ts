import { describe, expect, it } from 'vitest';
import { failureOnAir, withStore } from '../../src/reconcile/memory/items.ts';
import { type Memory, NO_BACKOFF } from '../../src/reconcile/model/memory.ts';
import { fetched } from '../../src/reconcile/model/observation.ts';
import { recordOf } from '../../src/reconcile/playout/record.ts';
import {
  beingStopped,
  exited,
  freshDaemon,
  holderPlays,
  mediaEdited,
  mediaIs,
  nothingRuns,
  noWaiter,
  seenBefore,
  talliesAre,
  uplinkDead,
  waiterTookOver,
} from './mutations.ts';
import {
  answers,
  factsOf,
  failed,
  healthyWorld,
  itemAt,
  mutate,
  type Mutation,
  NOW_MS,
  ok,
  planOf,
  STORE,
} from './world-builder.ts';
import { memoryAfter, remembered, wasOnAir } from './was-on-air.ts';

describe('items that cannot be played', () => {
  it('are all named, up to eight, and the rest counted', () => {
    const broken = Array.from({ length: 11 }, (_, nth) => `broken ${nth}`);
    const facts = mediaIs({
      ...STORE,
      facts: answers((key) =>
        key.startsWith('broken')
          ? failed({ reason: 'MediaUndecodable', message: `${key} is noise` })
          : fetched(STORE.facts, key),
      ),
    });
    const { verdict } = planOf(mutate(healthyWorld(), mediaEdited('rain.mp4', ...broken), facts));
    expect(verdict).toMatchObject({ status: 'degraded', reason: 'MediaUndecodable' });
    const named = broken.slice(0, 8).map((key) => `${key} is noise`);
    expect(verdict.message).toBe([...named, 'and 3 more'].join('; '));
  });
});

describe('an item that fails', () => {
  it.each(['constructor', '__proto__', 'toString', '7'])('waits, also under the name %j', (key) => {
    const facts = mediaIs({ ...STORE, facts: answers((name) => ok(factsOf(name))) });
    const world = [
      mediaEdited(key),
      facts,
      holderPlays(itemAt(key, 0), 500),
      seenBefore,
      waiterTookOver,
      exited({ runId: 'p1', role: 'playout' }),
    ];
    const { items } = memoryAfter(...world);
    expect(Object.entries(items)).toMatchObject([[key, { failures: 1, notBeforeMs: NOW_MS + 30_000 }]]);
    const restored = JSON.parse(JSON.stringify(items)) as Memory['items'];
    expect(Object.entries(restored)).toEqual(Object.entries(items));
  });

  it.each([
    ['complained of its input', { code: 1, lastError: 'pipe:0: Server returned 403 Forbidden' }, { kind: 'starved' }],
    ['failed for a reason of its own', { code: 1, lastError: 'Conversion failed!' }, null],
  ])('in line lets the store be suspected : its playout %s', (_case, exit, suspicion) => {
    const record = recordOf(itemAt('snow.mp4', 1));
    const world = [
      noWaiter,
      talliesAre({ playouts: { q1: remembered(record, 0) } }),
      beingStopped('q1', { manner: 'brisk' }),
      exited({ runId: 'q1', role: 'playout', outTimeMs: 0, ...exit }),
    ];
    expect(memoryAfter(...world).items['snow.mp4']).toMatchObject({ failures: 1, suspicion });
  });

  it.each([
    ['of its own', null, 0],
    ['of whoever was to read it', 'av_interleaved_write_frame(): Broken pipe', null],
  ])('before it gave anything waits, and is named if that is a fault %s', (_whose, lastError, endedEarlyAtMs) => {
    const record = recordOf(itemAt('snow.mp4', 1));
    const world = [
      noWaiter,
      talliesAre({ playouts: { q1: remembered(record, 0) } }),
      exited({ runId: 'q1', role: 'playout', outTimeMs: null, code: 1, lastError }),
    ];
    const { items } = memoryAfter(...world);
    expect(items['snow.mp4']).toMatchObject({ failures: 1, notBeforeMs: NOW_MS + 30_000, endedEarlyAtMs });
    const proven = withStore(items, { ...STORE, facts: answers((name) => ok(factsOf(name), NOW_MS + 1)) }, NOW_MS + 1);
    const named = failureOnAir(proven, 'snow.mp4')?.message ?? null;
    expect(named === null ? null : named.slice(0, 36)).toBe(
      lastError === null ? '"snow.mp4" could not be played: chec' : null,
    );
  });

  it('never makes the list of items in trouble longer than 500', () => {
    let world = healthyWorld();
    for (let nth = 0; nth < 520; nth++) {
      const key = `item ${nth}`;
      const spec = itemAt(key, 0);
      const { memory } = planOf(mutate(world, wasOnAir(spec, 500), exited({ runId: 'p1', role: 'playout' })));
      world = { ...world, memory };
    }
    expect(Object.keys(world.memory.items).length).toBe(500);
    expect(Object.hasOwn(world.memory.items, 'item 519')).toBe(true);
  });
});

describe('the death of the uplink', () => {
  const uplinkTallied =
    (change: Partial<Memory['uplink']>): Mutation =>
    (world) =>
      talliesAre({ uplink: { ...world.memory.uplink, ...change } })(world);
  const dead = [uplinkDead, exited({ runId: 'u1', role: 'uplink', lastError: 'Broken pipe' })];

  it('is a restart with its reason, and no failure if it had been healthy', () => {
    const { restarts, uplink } = memoryAfter(...dead);
    expect(restarts).toMatchObject({ count: 1, lastReason: 'uplink exit 1: Broken pipe' });
    expect(uplink.backoff).toMatchObject({ failures: 0, notBeforeMs: NOW_MS });
  });

  it('is no failure and no restart when it was wished', () => {
    const { restarts, uplink } = memoryAfter(beingStopped('u1'), ...dead);
    expect(restarts.count).toBe(0);
    expect(uplink.backoff.deathsAtMs).toEqual([]);
  });

  it('is followed at once also after an outage of the ingest, when it had been healthy since', () => {
    let backoff = NO_BACKOFF;
    for (let refusal = 0; refusal < 9; refusal++) {
      const never = memoryAfter(
        uplinkTallied({ backoff, current: { runId: 'u1', healthy: false, sinceWallMs: null } }),
        ...dead,
      );
      ({ backoff } = never.uplink);
    }
    expect(backoff).toMatchObject({ failures: 9, step: 2 });
    const proved = memoryAfter(uplinkTallied({ backoff, current: null })).uplink;
    expect(proved).toMatchObject({ current: { healthy: true }, backoff: { failures: 0, step: 0 } });
    const { uplink } = memoryAfter(uplinkTallied(proved), ...dead);
    expect(uplink.backoff).toMatchObject({ failures: 0, notBeforeMs: NOW_MS });
  });

  it('is counted once', () => {
    const once = planOf(mutate(healthyWorld(), ...dead));
    const again = planOf({ ...mutate(healthyWorld(), ...dead), memory: once.memory });
    expect(again.memory.restarts.count).toBe(1);
  });

  it('counts as a failure when the one just started is never seen', () => {
    const world = mutate(healthyWorld(), nothingRuns, freshDaemon);
    const first = planOf(world);
    expect(first.memory.uplink.current).toMatchObject({ healthy: false });
    const { uplink } = planOf({ ...world, memory: first.memory }).memory;
    expect(uplink.backoff).toMatchObject({ failures: 1, notBeforeMs: NOW_MS + 30_000 });
  });

  it('is a failure when it ended for having hung, though by our hand', () => {
    const { restarts } = memoryAfter(beingStopped('u1', { manner: 'brisk', reason: 'it hung' }), ...dead);
    expect(restarts).toMatchObject({ count: 1, lastReason: 'it hung' });
  });
});
