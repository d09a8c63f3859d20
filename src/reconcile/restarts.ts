import type { Restarts } from './model/memory.ts';
import type { Moment } from './model/observation.ts';

/** One more restart, and why. */
export const restarted = (restarts: Restarts, reason: string, now: Moment): Restarts => ({
  count: restarts.count + 1,
  lastReason: reason,
  lastAtWallMs: now.wallMs,
});
