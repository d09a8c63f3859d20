import type { BroadcastMemory } from '../model/memory.ts';
import type { Moment } from '../model/observation.ts';
import type { UplinkRun } from '../model/run.ts';

/** With auto-stop on, about a minute off air ends a broadcast. */
export const GAP_THAT_ENDS_MS = 60_000;
/** A broadcast of this age becomes no video any more (support.google.com/youtube/answer/6247592). */
export const LOST_AT_AGE_MS = 12 * 3_600_000;
/** A quarter of an hour under that. */
export const LONGEST_BROADCAST_MS = (11 * 60 + 45) * 60_000;

/**
 * The broadcast after a time without looks. If the uplink is the same as before, the broadcast went on; without memory it is at
 * least as old as the uplink. `suspendedMs`: how long the machine was suspended since, which the monotonic clock does not count;
 * a long suspension ends the broadcast.
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

/** The broadcast after this pass: gaps shorter than `GAP_THAT_ENDS_MS` do not end it. */
export function followBroadcast(before: BroadcastMemory | null, onAir: boolean, now: Moment): BroadcastMemory | null {
  if (!onAir) return before;
  const continues = before !== null && now.monoMs - before.seenMs < GAP_THAT_ENDS_MS;
  return { sinceMs: continues ? before.sinceMs : now.monoMs, seenMs: now.monoMs };
}

/** Its age; 0 once it has ended. */
export const broadcastAgeMs = (broadcast: BroadcastMemory | null, now: Moment): number =>
  broadcast === null || now.monoMs - broadcast.seenMs >= GAP_THAT_ENDS_MS ? 0 : now.monoMs - broadcast.sinceMs;
