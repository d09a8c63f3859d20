import { describe, expect, it } from 'vitest';
import type { RetryPolicy } from '../../../src/reconcile/memory/backoff.ts';
import {
  failureOnAir,
  type ItemDeath,
  itemMemory,
  withDeath,
  withFault,
  withoutTrouble,
  withPosition,
  withStore,
} from '../../../src/reconcile/memory/items.ts';
import { type ItemMemory, type Memory, NO_BACKOFF } from '../../../src/reconcile/model/memory.ts';
import type { MediaTables } from '../../../src/reconcile/model/observation.ts';
import { factsOf, failed, mediaTables, NOW_MS, ok } from '../world-builder.ts';

const POLICY: RetryPolicy = { delayMs: 30_000, maxRetries: 3 };
const EARLY: ItemDeath = { healthy: false, endedEarlyAtMs: 5_100, starved: false, version: 'rain.mp4 v1' };
const STOPPED: ItemDeath = { healthy: true, endedEarlyAtMs: null, starved: false, version: 'rain.mp4 v1' };
const STARVED: ItemDeath = { healthy: false, endedEarlyAtMs: null, starved: true, version: 'rain.mp4 v1' };
const died = (items: Memory['items'], key = 'rain.mp4', death: ItemDeath = EARLY) =>
  withDeath(items, key, death, POLICY, NOW_MS);
const RAIN = { key: 'rain.mp4', version: 'rain.mp4 v1' };
const rain = (items: Memory['items']): ItemMemory => {
  const tally = itemMemory(items, 'rain.mp4');
  if (tally === undefined) throw new Error('nothing is remembered of rain.mp4');
  return tally;
};

describe('what is remembered of an item', () => {
  it('is nothing until it is in trouble', () => {
    expect(itemMemory({}, 'rain.mp4')).toBeUndefined();
    expect(failureOnAir({}, 'rain.mp4')).toBeNull();
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', '2026', ''])(
    'is its own, even for an object called %j',
    (key) => {
      expect(itemMemory({}, key)).toBeUndefined();
      const items = died({}, key);
      expect(Object.keys(items)).toEqual([key]);
      expect(itemMemory(items, key)).toMatchObject({ failures: 1, endedEarlyAtMs: 5_100 });
      expect(withoutTrouble(items, key)).toEqual({});
    },
  );

  it('lets what fails at once start three times a minute at most, however short the waits are', () => {
    for (const delayMs of [100, 1_000, 15_000]) {
      let items: Memory['items'] = {};
      const startsMs: number[] = [];
      for (let atMs = NOW_MS; startsMs.length < 20; atMs = Math.max(atMs + 10, rain(items).notBeforeMs)) {
        startsMs.push(atMs);
        items = withDeath(items, 'rain.mp4', EARLY, { delayMs, maxRetries: 3 }, atMs);
      }
      for (const [i, atMs] of startsMs.entries())
        if (i >= 3) expect(atMs - startsMs[i - 3]!).toBeGreaterThanOrEqual(60_000);
      // Those of the retry policy come first.
      expect(startsMs[2]! - NOW_MS).toBe(3 * delayMs);
    }
  });

  it('is where it ended early, and how long to wait', () => {
    expect(rain(died({}))).toEqual({
      failures: 1,
      step: 1,
      notBeforeMs: NOW_MS + 30_000,
      deathsAtMs: [NOW_MS],
      endedEarlyAtMs: 5_100,
      storeFailed: false,
      version: 'rain.mp4 v1',
      suspicion: { kind: 'endedEarly', sinceMs: NOW_MS },
      missing: null,
      tooSlow: null,
    });
  });

  it('keeps the place of an early end when another playout of it is ended from outside', () => {
    expect(rain(died(died({}), 'rain.mp4', STOPPED)).endedEarlyAtMs).toBe(5_100);
  });

  it('is what of it did not reach the ingest, with waits that grow', () => {
    const once = withFault({}, RAIN, { missing: 'picture' }, POLICY, NOW_MS);
    expect(rain(once)).toMatchObject({ missing: 'picture', failures: 1, notBeforeMs: NOW_MS + 30_000 });
    expect(failureOnAir(once, 'rain.mp4')).toMatchObject({
      reason: 'PictureMissing',
      message: expect.stringContaining('"rain.mp4" sent sound without picture'),
    });
    const twice = withFault(once, RAIN, { missing: 'sound' }, POLICY, NOW_MS);
    expect(rain(twice)).toMatchObject({ missing: 'sound', failures: 2, notBeforeMs: NOW_MS + 60_000 });
    expect(failureOnAir(twice, 'rain.mp4')?.reason).toBe('SoundMissing');
    // What ends it otherwise takes nothing back.
    expect(rain(died(once, 'rain.mp4', STOPPED)).missing).toBe('picture');
  });

  it('is how fast this machine encodes it, where that is too slow, with waits that grow', () => {
    const once = withFault({}, RAIN, { tooSlow: 0.29 }, POLICY, NOW_MS);
    expect(rain(once)).toMatchObject({ tooSlow: 0.29, failures: 1, notBeforeMs: NOW_MS + 30_000 });
    expect(failureOnAir(once, 'rain.mp4')).toMatchObject({
      reason: 'EncodeTooSlow',
      message: expect.stringMatching(/"rain\.mp4" too slowly, 0\.29 s of programme a second.*media prepare rain\.mp4/),
    });
    expect(rain(withFault(once, RAIN, { tooSlow: 0.3 }, POLICY, NOW_MS))).toMatchObject({ tooSlow: 0.3, failures: 2 });
    expect(withoutTrouble(once, 'rain.mp4')).toEqual({});
  });

  it('is bounded', () => {
    let items: Memory['items'] = {};
    for (let n = 0; n < 700; n++) items = died(items, `item ${n}.mp4`);
    expect(Object.keys(items)).toHaveLength(500);
    expect(itemMemory(items, 'item 699.mp4')).toBeDefined();
    expect(itemMemory(items, 'item 0.mp4')).toBeUndefined();
  });

  it('is forgotten once it has played to its end, others are not', () => {
    const items = died(died({}), 'snow.mp4');
    expect(Object.keys(withoutTrouble(items, 'rain.mp4'))).toEqual(['snow.mp4']);
    expect(withoutTrouble(items, 'wind.mp4')).toBe(items);
  });

  it('changes nothing that was handed in', () => {
    const items = Object.freeze(died({}));
    const before = structuredClone(items);
    died(items);
    withPosition(items, 'rain.mp4', 60_000);
    withStore(items, STORE_AWAY, NOW_MS);
    withoutTrouble(items, 'rain.mp4');
    expect(items).toEqual(before);
  });
});

describe('an item that ended early', () => {
  it('is named with the place once the store has been asked since', () => {
    const items = died({});
    expect(failureOnAir(items, 'rain.mp4')).toBeNull();
    expect(failureOnAir(withStore(items, STORE_BACK, NOW_MS + 4_500), 'rain.mp4')).toEqual({
      reason: 'MediaEndsEarly',
      message: '"rain.mp4" ended early, 5.1 s in: check that the object is complete and can be decoded',
    });
  });

  it.each([
    ['is still named as it comes to that place', 8_099, 5_100],
    ['is named no more once it plays well past that place', 8_100, null],
  ])('%s', (_, positionMs, endedEarlyAtMs) => {
    expect(rain(withPosition(died({}), 'rain.mp4', positionMs)).endedEarlyAtMs).toBe(endedEarlyAtMs);
  });

  it('keeps its wait even if it is named no more', () => {
    expect(rain(withPosition(died({}), 'rain.mp4', 60_000))).toMatchObject({ failures: 1, step: 1 });
  });

  it('is forgotten with all else once the object turns out to have been replaced', () => {
    const replaced = mediaTables({ 'rain.mp4': ok(factsOf('rain.mp4', { version: 'rain.mp4 v2' }), NOW_MS + 4_000) });
    expect(withStore(died(died({})), replaced, NOW_MS + 4_500)).toEqual({});
    const { version: _, ...unknown } = rain(died({}));
    expect(withStore({ 'rain.mp4': unknown }, replaced, NOW_MS + 4_500)).toHaveProperty(['rain.mp4', 'failures'], 1);
  });

  it('is none of which nothing is remembered', () => {
    expect(withPosition({}, 'rain.mp4', 60_000)).toEqual({});
  });
});

const failing = (reason: 'StorageUnreachable' | 'StorageError' | 'MediaUndecodable'): MediaTables =>
  mediaTables({ 'rain.mp4': failed({ reason, message: 'no' }) });
const STORE_AWAY = failing('StorageUnreachable');
const answered = (atMs: number): MediaTables => mediaTables({ 'rain.mp4': ok(factsOf('rain.mp4'), atMs) });
const STORE_BACK = answered(NOW_MS + 4_000);

describe('an outage of the store', () => {
  it('ends all waits it brought about when it is over', () => {
    const during = withStore(died(died({})), STORE_AWAY, NOW_MS);
    expect(rain(during)).toMatchObject({ storeFailed: true, failures: 2 });
    expect(rain(withStore(during, STORE_BACK, NOW_MS + 5_000))).toEqual({
      ...NO_BACKOFF,
      notBeforeMs: NOW_MS + 5_000,
      endedEarlyAtMs: null,
      storeFailed: false,
      suspicion: null,
      version: 'rain.mp4 v1',
      missing: null,
      tooSlow: null,
    });
  });

  it('goes on while the answer is still to come', () => {
    const during = withStore(died({}), failing('StorageError'), NOW_MS);
    const pending: MediaTables = { ...STORE_BACK, facts: new Map() };
    expect(withStore(during, pending, NOW_MS + 5_000)).toBe(during);
  });

  it('forgives nothing that is the fault of the object', () => {
    const items = died({});
    expect(withStore(items, failing('MediaUndecodable'), NOW_MS)).toBe(items);
    const waits = { failures: 1, notBeforeMs: NOW_MS + 30_000, endedEarlyAtMs: 5_100 };
    expect(rain(withStore(items, STORE_BACK, NOW_MS + 4_500))).toMatchObject({ ...waits, suspicion: null });
  });

  it('is not over by an answer from before the death', () => {
    const items = withStore(died({}), STORE_AWAY, NOW_MS);
    expect(withStore(items, answered(NOW_MS), NOW_MS + 4_500)).toBe(items);
  });

  it('outlives a death meanwhile', () => {
    expect(rain(died(withStore(died({}), STORE_AWAY, NOW_MS))).storeFailed).toBe(true);
  });
});

describe('an item that got too little from the store', () => {
  const starved = (times: number): Memory['items'] => {
    let items: Memory['items'] = {};
    for (let time = 0; time < times; time++) items = died(items, 'rain.mp4', STARVED);
    return items;
  };

  it('waits no longer than until its bytes can be had', () => {
    expect(rain(starved(1))).toMatchObject({ notBeforeMs: NOW_MS + 30_000, suspicion: { kind: 'starved' } });
    expect(rain(withStore(starved(1), STORE_BACK, NOW_MS + 4_500))).toMatchObject({
      failures: 0,
      notBeforeMs: NOW_MS + 4_500,
      suspicion: null,
      deathsAtMs: [NOW_MS],
    });
  });

  it('waits all the same when that comes to nothing again and again', () => {
    expect(rain(withStore(starved(5), STORE_BACK, NOW_MS + 4_500))).toMatchObject({
      failures: 5,
      notBeforeMs: NOW_MS + 120_000,
      suspicion: null,
    });
  });
});
