import type { RetryPolicy } from './backoff.ts';
import { restarted } from './counters.ts';
import { itemMemory, withTooSlow } from './items.ts';
import type { Memory } from '../model/memory.ts';
import type { Moment } from '../model/observation.ts';
import type { PlayoutRun } from '../model/run.ts';
import { tooSlowEncode } from '../runs/weak-encode.ts';
import type { World } from '../runs/world.ts';

/** Notes of the items on air and in line that this machine cannot encode: they wait as after a death. */
export function accountTooSlow(memory: Memory, world: World, policy: RetryPolicy, now: Moment): Memory {
  let after = memory;
  for (const run of [world.holder, world.waiter]) {
    if (run?.record?.kind !== 'item' || isSettled(after, run, now)) continue;
    const isOnAir = run === world.holder;
    const perSecond = tooSlowEncode(run, isOnAir, world.uplink);
    if (perSecond === null) continue;
    const items = withTooSlow(after.items, run.record, perSecond, policy, now.monoMs);
    const restarts = isOnAir
      ? restarted(after.restarts, 'this machine encodes the item too slowly', now)
      : after.restarts;
    after = { ...after, items, restarts };
  }
  return after;
}

/** It is being ended, or is to be as it was noted already. */
const isSettled = (memory: Memory, run: PlayoutRun, now: Moment): boolean =>
  memory.stopping[run.runId] !== undefined || isTooSlowNow(memory, run, now);

/** This machine was too slow for this item a moment ago, and it waits. */
export function isTooSlowNow({ items }: Memory, { record }: PlayoutRun, now: Moment): boolean {
  const item = record?.kind === 'item' ? itemMemory(items, record.key) : undefined;
  return item !== undefined && item.tooSlow !== null && item.notBeforeMs > now.monoMs;
}
