import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Memory, NO_MEMORY } from '../../src/reconcile/model/memory.ts';
import type { Boot } from '../../src/system/boot.ts';
import { parseMemory } from '../../src/state/memory-file.ts';

/** A minute after the file was written. */
const NOW = { monoMs: 9_000_000, wallMs: Date.UTC(2026, 0, 2, 3, 1, 0) };
const backoff = { failures: 2, step: 1, notBeforeMs: 5_000, deathsAtMs: [1_000, 4_000] };
const trouble = {
  ...backoff,
  endedEarlyAtMs: 7_000,
  storeFailed: false,
  suspicion: { kind: 'starved' as const, sinceMs: 6_000 },
  missing: 'picture' as const,
  tooSlow: 0.3,
};
const REMEMBERED: Memory = {
  ...NO_MEMORY,
  uplink: {
    ...NO_MEMORY.uplink,
    backoff,
    current: { runId: 'u1', healthy: true, sinceWallMs: 7 },
    lastFailure: 'refused',
  },
  items: { 'a.mp4': trouble, __proto__x: trouble },
  cursor: { round: 3, index: 1, key: 'a.mp4', offsetMs: 1500 },
  stopping: { p1: { manner: 'graceful', sinceMs: 5, signals: 1, reason: 'replaced' } },
  suspendedMs: 90_000,
  restarts: { count: 4, lastReason: 'died', lastAtWallMs: 1_700_000_000_000 },
  air: { sessionSinceWallMs: 1_700_000_000_000, sessionMs: 10, totalMs: 20, countedUntilMs: 30 },
  appliedHash: 'abcdefabcdef',
  shuffleSeed: 'seed-1',
  told: { status: 'degraded', reason: 'MediaNotFound', sinceWallMs: 1_700_000_000_000 },
  conditions: { ProgrammeOnAir: { status: 'False', sinceWallMs: 1_700_000_000_000 } },
  trouble: {
    current: { level: 'down', sinceMs: 5, sinceWallMs: 6 },
    ill: { sinceMs: 5, sinceWallMs: 6 },
    told: 'down',
    outbox: [
      { id: 'n1', event: 'trouble', status: 'down', reason: 'UplinkFailed', message: 'm', sinceWallMs: 6, atWallMs: 7 },
    ],
  },
};
const fileOf = (tallies: unknown, bootId: unknown = 'boot-1', more: object = {}): string =>
  JSON.stringify({ status: 'live', lastHealthCheck: '2026-01-02T03:00:00.000Z', bootId, ...more, tallies });
const bootOf = (id: string, namespaceStartTicks: number | null = 7): Boot => ({ id, namespaceStartTicks });

describe('what an earlier daemon remembered', () => {
  it('comes back whole within the same boot', () => {
    expect(parseMemory(fileOf(REMEMBERED), bootOf('boot-1'), NOW)).toEqual(REMEMBERED);
  });

  it('is that of another boot where a container began anew within one boot of its host', () => {
    const file = (namespaceStartTicks: number | null): string => fileOf(REMEMBERED, 'boot-1', { namespaceStartTicks });
    expect(parseMemory(file(7), bootOf('boot-1', 7), NOW)).toEqual(REMEMBERED);
    expect(parseMemory(file(7), bootOf('boot-1', 8), NOW)).toEqual(parseMemory(file(7), bootOf('boot-2', 7), NOW));
    for (const [kept, now] of [
      [7, null],
      [null, 7],
      [null, null],
    ] as const)
      expect(parseMemory(file(kept), bootOf('boot-1', now), NOW)).toEqual(REMEMBERED);
  });

  it('comes back from the file of a version that knew less', () => {
    const older = JSON.parse(fileOf(REMEMBERED)) as {
      tallies: { items: object; recycle: { dueFor?: unknown }; trouble?: unknown };
    };
    for (const item of Object.values(older.tallies.items)) {
      delete (item as { suspicion?: unknown }).suspicion;
      delete (item as { missing?: unknown }).missing;
      delete (item as { tooSlow?: unknown }).tooSlow;
    }
    delete older.tallies.recycle.dueFor;
    delete older.tallies.trouble;
    const { cursor, items } = parseMemory(JSON.stringify(older), bootOf('boot-1'), NOW);
    expect(cursor).toEqual(REMEMBERED.cursor);
    expect(items['a.mp4']).toEqual({ ...trouble, suspicion: null, missing: null, tooSlow: null });
  });

  it('loses nothing but what was told of troubles where only that is odd', () => {
    const odd = fileOf({ ...REMEMBERED, trouble: { ...REMEMBERED.trouble, told: 'everything' } });
    expect(parseMemory(odd, bootOf('boot-1'), NOW)).toEqual({ ...REMEMBERED, trouble: NO_MEMORY.trouble });
  });

  it('is where the programme was, the counts and the air time after another boot, whose clock began anew', () => {
    expect(parseMemory(fileOf(REMEMBERED), bootOf('boot-2'), NOW)).toEqual({
      ...NO_MEMORY,
      cursor: REMEMBERED.cursor,
      restarts: REMEMBERED.restarts,
      air: { sessionSinceWallMs: null, sessionMs: 10, totalMs: 20, countedUntilMs: null },
      appliedHash: 'abcdefabcdef',
      shuffleSeed: 'seed-1',
      trouble: { ...REMEMBERED.trouble, current: null, ill: null },
    });
  });

  it.each([
    ['missing', null],
    ['empty', ''],
    ['half written', fileOf(REMEMBERED).slice(0, 100)],
    ['full of NUL, as after a power cut', '\0'.repeat(400)],
    ['foreign', '{"name":"something else"}'],
    ['a list', '[1, 2]'],
    ['without a memory', fileOf('none')],
  ])('is nothing when the file is %s', (_, text) => {
    expect(parseMemory(text, bootOf('boot-1'), NOW)).toEqual(NO_MEMORY);
  });

  const { restarts, items, uplink } = REMEMBERED;
  it.each<[string, string, Partial<Memory>]>([
    [
      'a count that is a text',
      fileOf({ ...REMEMBERED, restarts: { ...restarts, count: '4' } }),
      { restarts: { ...restarts, count: 0 } },
    ],
    [
      'a number beyond all bounds',
      fileOf(REMEMBERED).replace('"count":4', '"count":1e999'),
      { restarts: { ...restarts, count: 0 } },
    ],
    [
      'a negative place',
      fileOf({ ...REMEMBERED, cursor: { round: 0, index: -1, key: 'a', offsetMs: 0 } }),
      { cursor: null },
    ],
    [
      'an endless list of deaths',
      fileOf({ ...REMEMBERED, items: { ...items, b: { ...trouble, deathsAtMs: Array<number>(17).fill(1) } } }),
      {},
    ],
    [
      'an uplink without its backoff',
      fileOf({ ...REMEMBERED, uplink: { ...uplink, backoff: 'none' } }),
      { uplink: { ...uplink, backoff: NO_MEMORY.uplink.backoff } },
    ],
    [
      'a run that is ended in a manner nobody knows',
      fileOf({
        ...REMEMBERED,
        stopping: { ...REMEMBERED.stopping, p2: { ...REMEMBERED.stopping['p1'], manner: 'odd' } },
      }),
      {},
    ],
    ['an air time that is none', fileOf({ ...REMEMBERED, air: 7 }), { air: NO_MEMORY.air }],
    ['a status nobody knows', fileOf({ ...REMEMBERED, told: { ...REMEMBERED.told, status: 'odd' } }), { told: null }],
    ['conditions that are none', fileOf({ ...REMEMBERED, conditions: [] }), { conditions: {} }],
  ])('loses nothing else for %s', (_, text, lost) => {
    expect(parseMemory(text, bootOf('boot-1'), NOW)).toEqual({ ...REMEMBERED, ...lost });
  });

  it('is that of another boot where the boot is not named', () => {
    expect(parseMemory(fileOf(REMEMBERED, null), bootOf('boot-1'), NOW)).toEqual(
      parseMemory(fileOf(REMEMBERED), bootOf('boot-2'), NOW),
    );
  });

  it('keeps the age of a broadcast over a reboot, and counts the time away as a gap', () => {
    const broadcast = { sinceMs: 1_000_000, seenMs: 1_600_000 };
    const parsed = parseMemory(fileOf({ ...REMEMBERED, broadcast }), bootOf('boot-2'), NOW).broadcast;
    expect(parsed).toEqual({ sinceMs: NOW.monoMs - 60_000 - 600_000, seenMs: NOW.monoMs - 60_000 });
  });

  it('holds no time that is no number, though the file says nothing sensible about when it was written', () => {
    const broadcast = { sinceMs: 1_000_000, seenMs: 1_600_000 };
    const text = fileOf({ ...REMEMBERED, broadcast }).replace('2026-01-02T03:00:00.000Z', 'yesterday');
    expect(Number.isNaN(parseMemory(text, bootOf('boot-2'), NOW).broadcast?.seenMs ?? 0)).toBe(false);
  });

  it('never throws and never reaches beyond itself, whatever the file holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.anything().map((value) => fileOf(value)),
        ),
        (text) => {
          parseMemory(text, bootOf('boot-1'), NOW);
          expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('does not let a key named __proto__ change anything', () => {
    const text = fileOf(REMEMBERED).replace('"a.mp4"', '"__proto__"').replace('"status"', '"polluted":1,"status"');
    const { items } = parseMemory(text, bootOf('boot-1'), NOW);
    expect(Object.getPrototypeOf(items)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['failures']).toBeUndefined();
  });
});
