const LEAST_LOOK_MS = 1_000;

/** Every wait on YouTube, in milliseconds. */
export type Timing = Readonly<ReturnType<typeof timingOf>>;

/**
 * The waits as multiples of the poll interval P (`YOUTUBE_POLL_INTERVAL`). With 60 s a day of looks and three renewals take
 * less than half of the quota of 10,000 units.
 */
export const timingOf = (pollMs: number) => ({
  /** Between two looks. */
  lookMs: pollMs,
  /** Between two looks around a change or a suspicion. */
  fastLookMs: Math.max(LEAST_LOOK_MS, pollMs / 6),
  /** How long such looks go on. */
  fastForMs: 3 * pollMs,
  /** Two looks that agree are at least this far apart, so that one outdated answer does not decide. */
  apartMs: pollMs / 3,
  /** A look counts no longer than this: the next one comes after P and takes a moment. */
  staleMs: 1.5 * pollMs,
  /** A broadcast that has been starting for this long is given up. */
  stuckMs: 2 * pollMs,
  /** First and longest wait between two broadcasts that heal. */
  healFirstMs: 2 * pollMs,
  healMostMs: 30 * pollMs,
  /** What YouTube refuses for good is asked again after this. */
  finalMs: 15 * pollMs,
  /** First and longest wait after an answer that cannot be trusted. */
  backoffFirstMs: pollMs / 2,
  backoffMostMs: 15 * pollMs,
  /** `NotLiveAtYouTube` is said after this. */
  notLiveMs: 3 * pollMs,
  /** Between two looks at an archive, at first and later. */
  archiveMs: 5 * pollMs,
  archiveLaterMs: 60 * pollMs,
});
