import { describe, expect, it } from 'vitest';
import { NO_BACKOFF } from '../../src/reconcile/model/memory.ts';
import { fetched } from '../../src/reconcile/model/observation.ts';
import type { PlayoutSpec } from '../../src/reconcile/model/playout.ts';
import type { PlayoutRun } from '../../src/reconcile/model/run.ts';
import { recordOf } from '../../src/reconcile/playout/record.ts';
import {
  beingStopped,
  exited,
  freshDaemon,
  holderDead,
  holderIs,
  holderPlays,
  itemWaits,
  mediaEdited,
  mediaIs,
  mediaPending,
  nothingRuns,
  noWaiter,
  seenBefore,
  talliesAre,
  uplinkIs,
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
  pending,
  planOf,
  playedAs,
  SETTINGS,
  slateOf,
  SPEC,
  STORE,
  type TestWorld,
} from './world-builder.ts';
import { memoryAfter, remembered, wasOnAir } from './was-on-air.ts';

const started = (...mutations: readonly Mutation[]): readonly PlayoutSpec[] =>
  planOf(mutate(healthyWorld(), ...mutations)).actions.flatMap((action) =>
    action.kind === 'startPlayout' ? [action.spec] : [],
  );

/** An item whose container does not tell its length. */
const endless = (): PlayoutSpec =>
  playedAs(
    factsOf('rain.mp4', { durationS: null }),
    SPEC,
    { round: 0, index: 0, key: 'rain.mp4', offsetMs: 0 },
    {
      urlTtlMs: SETTINGS.urlTtlMs,
      sole: false,
    },
  );

describe('where the programme is', () => {
  it('is a pipe behind what the playout on air has written', () => {
    expect(memoryAfter().cursor).toEqual({
      key: 'rain.mp4',
      version: 'rain.mp4 v1',
      round: 0,
      index: 0,
      offsetMs: 59_497,
    });
  });

  it('is where an item was interrupted, to go on from there', () => {
    const world = [
      waiterTookOver,
      exited({ runId: 'p1', role: 'playout', signal: 'SIGKILL', code: null, outTimeMs: 61_000 }),
    ];
    expect(memoryAfter(...world).cursor).toMatchObject({ key: 'rain.mp4', offsetMs: 60_497 });
    expect(started(...world)).toMatchObject([
      { kind: 'item', part: { cursor: { key: 'rain.mp4', offsetMs: 60_497 } } },
    ]);
  });

  it('is the next item once one has been played to its end', () => {
    const world = [waiterTookOver, exited({ runId: 'p1', role: 'playout', code: 0, outTimeMs: 599_700 })];
    expect(started(...world)).toMatchObject([{ part: { cursor: { key: 'snow.mp4', index: 1, offsetMs: 0 } } }]);
    expect(memoryAfter(...world).restarts.count).toBe(0);
  });

  it.each([
    ['a child of this daemon', 0],
    ['adopted from an earlier daemon', null],
  ])('is the next item once one of unknown length has ended well, %s', (_case, code) => {
    const world = [wasOnAir(endless(), 69_000), exited({ runId: 'p1', role: 'playout', code, outTimeMs: 70_000 })];
    expect(started(...world)).toMatchObject([{ part: { cursor: { key: 'snow.mp4' } } }]);
  });

  it('is the next item once one has come and gone between two looks', () => {
    const record = recordOf(itemAt('snow.mp4', 1));
    const world = [
      wasOnAir(itemAt('rain.mp4', 0), 599_800),
      (before: TestWorld): TestWorld => ({
        ...before,
        memory: {
          ...before.memory,
          playouts: {
            ...before.memory.playouts,
            q1: remembered(record, 0),
          },
        },
      }),
      exited({ runId: 'p1', role: 'playout', code: 0, outTimeMs: 600_000 }),
      exited({ runId: 'q1', role: 'playout', code: 0, outTimeMs: 600_000 }),
    ];
    expect(started(...world)).toMatchObject([{ part: { cursor: { key: 'wind.mp4', index: 2, offsetMs: 0 } } }]);
  });

  it.each([
    ['stays where an item failed to go on from, as the store may be to blame', 0, 300_000],
    ['is the beginning of the item when that happens again', 1, 0],
  ])('%s', (_case, failures, offsetMs) => {
    const before: Mutation = (world) =>
      talliesAre({
        items: {
          'rain.mp4': {
            ...NO_BACKOFF,
            failures,
            endedEarlyAtMs: null,
            storeFailed: false,
            suspicion: null,
            missing: null,
            tooSlow: null,
          },
        },
      })(world);
    const world = [
      wasOnAir(itemAt('rain.mp4', 0, 300_000), 0),
      ...(failures === 0 ? [] : [before]),
      exited({ runId: 'p1', role: 'playout', code: 1, outTimeMs: 0 }),
    ];
    expect(memoryAfter(...world).cursor).toMatchObject({ key: 'rain.mp4', round: 0, index: 0, offsetMs });
  });

  describe('after an item that sent no picture', () => {
    const missed: Mutation = (world) =>
      itemWaits('rain.mp4', 1, { missing: 'picture', notBeforeMs: NOW_MS - 1 })(world);
    const ended = exited({ runId: 'p1', role: 'playout', code: 0, outTimeMs: 600_000 });
    const wasMissing = (missing: 'picture' | null): Mutation => {
      const spec = itemAt('rain.mp4', 0);
      const run = { ...remembered(recordOf(spec), 600_000), onAir: true, missing };
      return talliesAre({ cursor: { key: 'rain.mp4', round: 0, index: 0, offsetMs: 1 }, playouts: { p1: run } });
    };

    it('is its beginning: further on there may be no picture to begin with', () => {
      const { cursor, items } = memoryAfter(noWaiter, holderDead, missed, wasMissing('picture'), ended);
      expect(cursor).toMatchObject({ key: 'rain.mp4', offsetMs: 0 });
      expect(items['rain.mp4']).toMatchObject({ missing: 'picture' });
    });

    it('is the next item once it was seen whole, and that is forgotten', () => {
      const world = [noWaiter, holderDead, missed, wasMissing(null), ended];
      expect(memoryAfter(...world).items).toEqual({});
      expect(started(...world)).toMatchObject([{ part: { cursor: { key: 'snow.mp4' } } }]);
    });

    it('is not forgotten for what was written whole, and has not been seen yet', () => {
      const drains: Mutation = holderIs({
        life: 'draining',
        end: { code: 0, signal: null },
        reservoir: {
          pid: 203,
          startTicks: 2_012,
          sizeBytes: 9_000_000,
          bytes: { read: 9_000_000, written: 2_000_000 },
        },
      });
      const { items } = memoryAfter(noWaiter, missed, wasMissing(null), drains);
      expect(items['rain.mp4']).toMatchObject({ missing: 'picture' });
    });
  });

  it('is not moved by one that was ended in line', () => {
    const record = recordOf(itemAt('snow.mp4', 1));
    const inLine = { q1: remembered(record, 600_000) };
    const world = [
      noWaiter,
      talliesAre({ cursor: { key: 'rain.mp4', round: 0, index: 0, offsetMs: 0 }, playouts: inLine }),
      beingStopped('q1'),
      exited({ runId: 'q1', role: 'playout', code: 0, outTimeMs: 600_000 }),
    ];
    expect(memoryAfter(...world).cursor).toMatchObject({ key: 'rain.mp4', index: 0 });
  });

  it('is the rest of an item that was cut', () => {
    const long = factsOf('rain.mp4', { durationS: 100_000 });
    const cursor = { round: 0, index: 0, key: 'rain.mp4', offsetMs: 0 };
    const cut = playedAs(long, SPEC, cursor, { urlTtlMs: SETTINGS.urlTtlMs, sole: false });
    const facts = mediaIs({ ...STORE, facts: answers(() => ok(long)) });
    const world = [
      facts,
      wasOnAir(cut, 43_199_000),
      exited({ runId: 'p1', role: 'playout', code: 0, outTimeMs: 43_200_000 }),
    ];
    expect(started(...world)).toMatchObject([{ part: { cursor: { key: 'rain.mp4', offsetMs: 43_200_000 } } }]);
  });

  it('goes past any number of items that cannot be played', () => {
    const broken = Array.from({ length: 60 }, (_, nth) => `broken ${nth}`);
    const facts = mediaIs({
      ...STORE,
      facts: answers((key) =>
        key.startsWith('broken') ? failed({ reason: 'MediaUndecodable', message: 'no' }) : fetched(STORE.facts, key),
      ),
    });
    const world = [nothingRuns, mediaEdited(...broken, 'rain.mp4'), facts, freshDaemon];
    expect(started(...world)).toMatchObject([{ kind: 'item', part: { cursor: { key: 'rain.mp4', index: 60 } } }]);
    const asked = planOf(mutate(healthyWorld(), ...world)).actions.filter(({ kind }) => kind === 'inspectItem');
    expect(asked.length).toBeLessThanOrEqual(30);
  });
});

describe('an item whose FFmpeg has ended while its reservoir plays on', () => {
  const drains = (end: PlayoutRun['end'], bufferedMs: number) =>
    holderIs({
      life: 'draining',
      end,
      reservoir: {
        pid: 203,
        startTicks: 2_012,
        sizeBytes: 9_775_000,
        bytes: { read: 30_000_000, written: 30_000_000 - bufferedMs * 391 },
      },
    });
  const killed = { code: null, signal: 'SIGKILL' } as const;

  it('is where the picture is, not where its FFmpeg came to', () => {
    const { cursor } = memoryAfter(drains(killed, 20_000));
    expect(cursor).toMatchObject({ key: 'rain.mp4', offsetMs: 60_000 - 20_000 - 503 });
  });

  it('counts as a restart at once, and once', () => {
    const first = planOf(mutate(healthyWorld(), drains(killed, 20_000))).memory;
    expect(first.restarts.count).toBe(1);
    expect(first.playouts['p1']?.ended).toEqual({ kind: 'early', resumeAtMs: 60_000 });
    expect(memoryAfter(drains(killed, 20_000), talliesAre(first)).restarts.count).toBe(1);
    const gone = [waiterTookOver, exited({ runId: 'p1', role: 'playout', ...killed, outTimeMs: 60_000 })];
    expect(memoryAfter(talliesAre(first), ...gone).restarts.count).toBe(1);
  });

  it('goes on where it was written to once that has been seen', () => {
    const { memory } = planOf(mutate(healthyWorld(), drains(killed, 1_000)));
    const gone = [waiterTookOver, exited({ runId: 'p1', role: 'playout', ...killed, outTimeMs: 60_000 })];
    expect(memoryAfter(talliesAre(memory), ...gone).cursor).toMatchObject({ key: 'rain.mp4', offsetMs: 60_000 });
  });

  it('goes on where the picture was if the reservoir was lost with it', () => {
    const { memory } = planOf(mutate(healthyWorld(), drains(killed, 20_000)));
    const gone = [waiterTookOver, exited({ runId: 'p1', role: 'playout', ...killed, outTimeMs: 60_000 })];
    expect(memoryAfter(talliesAre(memory), ...gone).cursor).toMatchObject({ offsetMs: 60_000 - 20_000 - 503 });
  });

  it('is the next item once the last of it has been seen, and no earlier', () => {
    const over = [holderPlays(itemAt('rain.mp4', 0), 600_000), drains({ code: 0, signal: null }, 20_000)];
    const { memory } = planOf(mutate(healthyWorld(), ...over));
    expect(memory.cursor).toMatchObject({ key: 'rain.mp4', offsetMs: 600_000 - 20_000 - 503 });
    const gone = [waiterTookOver, exited({ runId: 'p1', role: 'playout', code: 0, outTimeMs: 600_000 })];
    const drained = planOf(mutate(healthyWorld(), ...over.slice(0, 1), drains({ code: 0, signal: null }, 900))).memory;
    expect(started(talliesAre(drained), ...gone)).toMatchObject([{ part: { cursor: { key: 'snow.mp4' } } }]);
  });
});

describe('what comes next', () => {
  it('is asked about before its turn, and once it is known no more', () => {
    const asked = (known: boolean): readonly string[] => {
      const facts = mediaIs({
        ...STORE,
        facts: answers((key) => (known || key === 'item 0' ? ok(factsOf(key)) : pending)),
      });
      const keys = Array.from({ length: 40 }, (_, nth) => `item ${nth}`);
      const world = [mediaEdited(...keys), holderPlays(itemAt('item 0', 0)), facts, seenBefore];
      return planOf(mutate(healthyWorld(), ...world)).actions.flatMap((action) =>
        action.kind === 'inspectItem' && action.key !== 'item 0' ? [action.key] : [],
      );
    };
    expect(asked(false)).toEqual(Array.from({ length: 8 }, (_, nth) => `item ${nth + 1}`));
    expect(asked(true)).toEqual([]);
  });
});

describe('what is told as applied', () => {
  it('is not a file whose media is still being looked up', () => {
    const world = mutate(healthyWorld(), mediaEdited('new.mp4'), mediaPending);
    expect(planOf(world)).toMatchObject({ verdict: { status: 'degraded' }, memory: { appliedHash: 'aaaaaaaaaaaa' } });
  });

  it('is not a file whose session is yet to be opened', () => {
    const world = mutate(healthyWorld(), freshDaemon, uplinkIs({ specHash: 'ffffffffffff' }));
    expect(planOf(world).memory.appliedHash).toBeNull();
  });

  it('is told of an adopted stream as soon as its facts are known, and it is live meanwhile if nothing was edited', () => {
    const { appliedHash } = healthyWorld().memory;
    const adopted = mutate(healthyWorld(), mediaPending);
    expect(planOf({ ...adopted, memory: { ...adopted.memory, appliedHash } }).verdict.status).toBe('live');
    expect(planOf({ ...adopted, memory: { ...adopted.memory, appliedHash: null } }).verdict.status).toBe('degraded');
  });

  it('is never said of a playout nobody knows', () => {
    const world = mutate(healthyWorld(), mediaPending, noWaiter, holderIs({ record: null, specHash: 'ffffffffffff' }));
    expect(planOf(world).verdict.status).not.toBe('live');
  });

  it('is never said of the slate', () => {
    expect(planOf(mutate(healthyWorld(), noWaiter, holderPlays(slateOf(SPEC)))).verdict.status).toBe('degraded');
  });
});
