import type { Moment } from './observation.ts';
import type { Restarts } from './tallies.ts';

/** One more restart, and why. */
export const restarted = (restarts: Restarts, reason: string, now: Moment): Restarts => ({
  count: restarts.count + 1,
  lastReason: reason,
  lastAtWallMs: now.wallMs,
});
