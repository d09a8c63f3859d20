import type { BroadcastMemory } from '../model/memory.ts';
import type { Moment } from '../model/observation.ts';
import type { UplinkRun } from '../model/run.ts';

/** With auto-stop on, about a minute off air ends a broadcast. */
export const GAP_THAT_ENDS_MS = 60_000;
/** Shorter than the 12 hours above by what may go wrong. */
export const LONGEST_BROADCAST_MS = (11 * 60 + 45) * 60_000;

/**
 * An uplink that was there when the broadcast was last seen, and still is, proves that nothing ended in between, however
 * long nobody looked; and where the memory is lost, that the broadcast is as old as itself at least. But not while the
 * machine itself was suspended for `suspendedMs`, which the monotonic clock does not count.
 */
export function carriedOn(
  before: BroadcastMemory | null,
  uplink: Pick<UplinkRun, 'startedAtMs' | 'progress'> | null,
  suspendedMs: number,
  now: Moment,
): BroadcastMemory | null {
  if (before === null) {
    const hasSent = uplink !== null && uplink.progress !== null && uplink.progress.totalBytes > 0;
    return hasSent ? { sinceMs: uplink.startedAtMs, seenMs: now.monoMs } : null;
  }
  if (suspendedMs >= GAP_THAT_ENDS_MS) {
    return { sinceMs: before.sinceMs - suspendedMs, seenMs: before.seenMs - suspendedMs };
  }
  if (uplink === null || uplink.startedAtMs > before.seenMs) return before;
  return { ...before, seenMs: now.monoMs };
}

/** The broadcast's age goes on through gaps that do not end it. */
export function followBroadcast(before: BroadcastMemory | null, onAir: boolean, now: Moment): BroadcastMemory | null {
  if (!onAir) return before;
  const continues = before !== null && now.monoMs - before.seenMs < GAP_THAT_ENDS_MS;
  return { sinceMs: continues ? before.sinceMs : now.monoMs, seenMs: now.monoMs };
}

export const broadcastAgeMs = (broadcast: BroadcastMemory | null, now: Moment): number =>
  broadcast === null || now.monoMs - broadcast.seenMs >= GAP_THAT_ENDS_MS ? 0 : now.monoMs - broadcast.sinceMs;
