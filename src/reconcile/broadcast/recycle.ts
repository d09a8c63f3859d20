import { broadcastAgeMs, LONGEST_BROADCAST_MS, LOST_AT_AGE_MS } from './age.ts';
import type { DesiredSpec } from '../model/desired.ts';
import { type BroadcastMemory, NO_RECYCLE, type RecycleMemory } from '../model/memory.ts';
import type { Moment, RecycleSchedule } from '../model/observation.ts';

/** A firing missed by more than this (no daemon ran, or the clock was set) is dropped, unless the broadcast can still be ended in time. */
const LATEST_MS = 10 * 60_000;
/** After a pause a start this long still counts as `Recycling`, not as down. */
const COMING_BACK_MS = 15_000;

/** Whether a firing at this age is passed over: at the next one the broadcast is still short enough. */
export const isPassedOver = (ageMs: number, untilNextMs: number): boolean => ageMs + untilNextMs < LONGEST_BROADCAST_MS;

/** Begins a pause at a firing, unless it is passed over, and ends it in time; a file without `recycle`, or with `running: false`, at once. */
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
  const isPassed = ageMs === 0 || isPassedOver(ageMs, schedule.nextWallMs - now.wallMs);
  if (!hasFired(before, schedule, ageMs, now) || isPassed) return { ...before, ...due };
  return { ...due, pausedUntilMs: now.monoMs + spec.recyclePauseMs, resumedAtMs: null };
}

function hasFired(before: RecycleMemory, schedule: RecycleSchedule, ageMs: number, now: Moment): boolean {
  if (before.dueWallMs === null || before.dueFor !== schedule.name) return false;
  const lateMs = now.wallMs - before.dueWallMs;
  return lateMs >= 0 && (lateMs < LATEST_MS || ageMs < LOST_AT_AGE_MS);
}

/** Whether a pause is under way. */
export const isPaused = (recycle: RecycleMemory, now: Moment): boolean =>
  recycle.pausedUntilMs !== null && now.monoMs < recycle.pausedUntilMs;

/** Whether the pause ended a moment ago, and the next broadcast is about to begin. */
export const isComingBack = (recycle: RecycleMemory, now: Moment): boolean =>
  recycle.resumedAtMs !== null && now.monoMs - recycle.resumedAtMs < COMING_BACK_MS;
