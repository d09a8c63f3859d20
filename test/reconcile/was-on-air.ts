import { type Memory, type PlayoutMemory } from '../../src/reconcile/model/memory.ts';
import type { PlayoutSpec } from '../../src/reconcile/model/playout.ts';
import type { PlayoutRecord } from '../../src/reconcile/model/run.ts';
import { recordOf } from '../../src/reconcile/playout/record.ts';
import { holderDead, noWaiter, talliesAre } from './mutations.ts';
import { healthyWorld, mutate, type Mutation, NOW_MS, planOf } from './world-builder.ts';

/** What is remembered after the pass that sees the healthy world changed like this. */
export const memoryAfter = (...mutations: readonly Mutation[]): Memory =>
  planOf(mutate(healthyWorld(), ...mutations)).memory;

/** A playout without a reservoir that was last seen just now, in line. */
export const remembered = (record: PlayoutRecord, outTimeMs: number): PlayoutMemory => ({
  record,
  outTimeMs,
  airedMs: outTimeMs,
  bufferedMs: 0,
  seenAtMs: NOW_MS,
  onAir: false,
  unplacedSinceMs: null,
  ended: null,
  missing: null,
});

/** The playout on air was this one, and is no more; nobody took over. */
export const wasOnAir =
  (spec: PlayoutSpec, outTimeMs: number): Mutation =>
  (world) => {
    const record = recordOf(spec);
    if (record.kind !== 'item') throw new Error('an item was asked for');
    const { key, round, index, offsetMs } = record;
    return mutate(
      world,
      holderDead,
      noWaiter,
      talliesAre({
        cursor: { key, round, index, offsetMs },
        playouts: { p1: { ...remembered(record, outTimeMs), onAir: true } },
      }),
    );
  };
