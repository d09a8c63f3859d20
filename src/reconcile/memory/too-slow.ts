import type { AccountContext } from './context.ts';
import { restarted } from './counters.ts';
import { itemMemory, withFault } from './items.ts';
import type { Memory } from '../model/memory.ts';
import type { Moment } from '../model/observation.ts';
import type { PlayoutRun } from '../model/run.ts';
import { tooSlowEncode } from '../runs/weak-encode.ts';

/** Notes of the items on air and in line which this machine encodes too slowly: they wait as after a death. */
export function accountTooSlow(memory: Memory, { world, policy, now }: AccountContext): Memory {
  let after = memory;
  for (const run of [world.holder, world.waiter]) {
    if (run?.record?.kind !== 'item' || isSettled(after, run, now)) continue;
    const isOnAir = run === world.holder;
    const tooSlow = tooSlowEncode(run, isOnAir, world.uplink);
    if (tooSlow === null) continue;
    const items = withFault(after.items, run.record, { tooSlow }, policy, now.monoMs);
    const restarts = isOnAir
      ? restarted(after.restarts, 'this machine encodes the item too slowly', now)
      : after.restarts;
    after = { ...after, items, restarts };
  }
  return after;
}

/** The run is being ended, or its item was noted before. */
const isSettled = (memory: Memory, run: PlayoutRun, now: Moment): boolean =>
  memory.stopping[run.runId] !== undefined || isTooSlowNow(memory, run, now);

/** Whether this machine was too slow for the run's item, which still waits for that. */
export function isTooSlowNow({ items }: Memory, { record }: PlayoutRun, now: Moment): boolean {
  const item = record?.kind === 'item' ? itemMemory(items, record.key) : undefined;
  return item !== undefined && item.tooSlow !== null && item.notBeforeMs > now.monoMs;
}
