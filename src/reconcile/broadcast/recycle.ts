import { broadcastAgeMs, LONGEST_BROADCAST_MS } from './age.ts';
import type { DesiredSpec } from '../model/desired.ts';
import { type BroadcastMemory, NO_RECYCLE, type RecycleMemory } from '../model/memory.ts';
import type { Moment, RecycleSchedule } from '../model/observation.ts';

/** A broadcast of this age is no video any more, whatever is done. */
const LOST_BROADCAST_MS = 12 * 3_600_000;
/**
 * A firing missed by more than this, because no daemon ran or the clock was set, is let go, unless it still saves the
 * broadcast.
 */
const LATEST_MS = 10 * 60_000;
/** How long coming back may take without counting as down. */
const COMING_BACK_MS = 15_000;

/** A firing at this age would be let pass, as the one after it comes while the broadcast is still short enough. */
export const isPassedOver = (ageMs: number, untilNextMs: number): boolean => ageMs + untilNextMs < LONGEST_BROADCAST_MS;

/**
 * Begins a pause when a firing has come, unless the broadcast would still be short enough at the firing after that;
 * ends it in time. A file that wishes no recycling, or nothing on air, ends it at once.
 */
export function followRecycle(
  before: RecycleMemory,
  broadcast: BroadcastMemory | null,
  schedule: RecycleSchedule | null,
  spec: DesiredSpec | null,
  now: Moment,
): RecycleMemory {
  if (spec === null || !spec.running || spec.recycle === null || schedule === null) return NO_RECYCLE;
  const due = { dueWallMs: schedule.nextWallMs, dueFor: schedule.name };
  if (before.pausedUntilMs !== null) {
    return now.monoMs < before.pausedUntilMs
      ? { ...before, ...due }
      : { ...due, pausedUntilMs: null, resumedAtMs: now.monoMs };
  }
  const ageMs = broadcastAgeMs(broadcast, now);
  const lets = ageMs === 0 || isPassedOver(ageMs, schedule.nextWallMs - now.wallMs);
  if (!hasFired(before, schedule, ageMs, now) || lets) return { ...before, ...due };
  return { ...due, pausedUntilMs: now.monoMs + spec.recyclePauseMs, resumedAtMs: null };
}

function hasFired(before: RecycleMemory, schedule: RecycleSchedule, ageMs: number, now: Moment): boolean {
  if (before.dueWallMs === null || before.dueFor !== schedule.name) return false;
  const lateMs = now.wallMs - before.dueWallMs;
  return lateMs >= 0 && (lateMs < LATEST_MS || ageMs < LOST_BROADCAST_MS);
}

/** A pause is under way. */
export const isPaused = (recycle: RecycleMemory, now: Moment): boolean =>
  recycle.pausedUntilMs !== null && now.monoMs < recycle.pausedUntilMs;

/** The pause is over, the next broadcast is about to begin. */
export const isComingBack = (recycle: RecycleMemory, now: Moment): boolean =>
  recycle.resumedAtMs !== null && now.monoMs - recycle.resumedAtMs < COMING_BACK_MS;
