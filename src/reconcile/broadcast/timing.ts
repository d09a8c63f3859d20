import type { Timing } from '../model/youtube/context.ts';

const LEAST_LOOK_MS = 1_000;

/** The waits at this poll interval. */
export const timingOf = (pollMs: number): Timing => ({
  lookMs: pollMs,
  fastLookMs: Math.max(LEAST_LOOK_MS, pollMs / 6),
  fastForMs: 3 * pollMs,
  apartMs: pollMs / 3,
  staleMs: 1.5 * pollMs,
  stuckMs: 2 * pollMs,
  healFirstMs: 2 * pollMs,
  healMostMs: 30 * pollMs,
  finalMs: 15 * pollMs,
  backoffFirstMs: pollMs / 2,
  backoffMostMs: 15 * pollMs,
  notLiveMs: 3 * pollMs,
  archiveMs: 5 * pollMs,
  archiveLaterMs: 60 * pollMs,
});

/** With `running: false`: how long the uplink is gone before the broadcast is completed, as an operator may think better of it. */
export const COMPLETE_AFTER_MS = 5 * 60_000;
/** A broadcast is renewed before it is 11 h 15 min old; begun this much earlier, as the next one takes its time. */
export const RENEW_AT_AGE_MS = (11 * 60 + 10) * 60_000;
/** A new broadcast is announced for this much later: YouTube wants the future, and clocks differ. */
export const SCHEDULED_AHEAD_MS = 60_000;
/** How many broadcasts may be begun in 24 hours: each notifies the subscribers, and YouTube has a limit of its own. */
export const MOST_CREATIONS = 8;
export const DAY_MS = 24 * 3_600_000;
/** Units of the day's quota that are left for changes: ten renewals with all their trimmings fit in. */
export const RESERVED_UNITS = 1_500;
/** An archive that is not whole and public by then is lost. */
export const ARCHIVE_WITHIN_MS = 24 * 3_600_000;
/** How much shorter than the broadcast its video may be, and longer. */
export const ARCHIVE_TOLERANCE_MS = 60_000;
/** Archives remembered. */
export const MOST_ARCHIVES = 32;
