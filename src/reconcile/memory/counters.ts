import type { AirTime, Restarts } from '../model/memory.ts';
import type { Moment } from '../model/observation.ts';

/** Counts on-air time. Only monotonic time is added up, so a step of the wall clock changes nothing. */
export function countAir(air: AirTime, onAir: boolean, now: Moment): AirTime {
  if (!onAir) return { ...air, sessionSinceWallMs: null, countedUntilMs: null };
  const sinceMs = air.countedUntilMs === null ? 0 : Math.max(0, now.monoMs - air.countedUntilMs);
  const sessionMs = air.sessionSinceWallMs === null ? 0 : air.sessionMs;
  return {
    sessionSinceWallMs: air.sessionSinceWallMs ?? now.wallMs,
    sessionMs: sessionMs + sinceMs,
    totalMs: air.totalMs + sinceMs,
    countedUntilMs: now.monoMs,
  };
}

/** One more restart, and why. */
export const restarted = (restarts: Restarts, reason: string, now: Moment): Restarts => ({
  count: restarts.count + 1,
  lastReason: reason,
  lastAtWallMs: now.wallMs,
});
