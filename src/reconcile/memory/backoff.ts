import { type Backoff, NO_BACKOFF } from '../model/memory.ts';

/** How deaths are answered: `WORKER_RETRY_DELAY` and `WORKER_MAX_RETRIES`. */
export interface RetryPolicy {
  readonly delayMs: number;
  /** Consecutive failures after which the daemon exits; 0 = never. */
  readonly maxRetries: number;
}

/** From this much media time on a run counts as healthy. */
export const HEALTHY_AFTER_MS = 10_000;
const MAX_WAIT_MS = 120_000;
const DEATH_WINDOW_MS = 600_000;
const DEATHS_THAT_COUNT = 5;

/** The backoff after a death at `nowMs`. A healthy run is followed at once, unless it is the fifth death in ten minutes. */
export function afterDeath(backoff: Backoff, policy: RetryPolicy, healthy: boolean, nowMs: number): Backoff {
  const deathsAtMs = [...backoff.deathsAtMs.filter((at) => nowMs - at < DEATH_WINDOW_MS), nowMs].slice(-16);
  if (healthy && deathsAtMs.length < DEATHS_THAT_COUNT) return { ...NO_BACKOFF, notBeforeMs: nowMs, deathsAtMs };
  const waitMs = Math.min(policy.delayMs * Math.min(2 ** backoff.step, 4), MAX_WAIT_MS);
  return {
    failures: backoff.failures + 1,
    step: Math.min(backoff.step + 1, 2),
    notBeforeMs: nowMs + waitMs,
    deathsAtMs,
  };
}

/** The backoff once a run is healthy: waits begin anew, unless healthy runs have been dying frequently. */
export function afterHealthy(backoff: Backoff, nowMs: number): Backoff {
  return isFrequent(backoff.deathsAtMs, nowMs) ? backoff : { ...backoff, failures: 0, step: 0 };
}

/** Five deaths in ten minutes count as failures even after healthy runs. */
export const isFrequent = (deathsAtMs: readonly number[], nowMs: number): boolean =>
  deathsAtMs.filter((at) => nowMs - at < DEATH_WINDOW_MS).length >= DEATHS_THAT_COUNT;

/** The backoff at the start of a daemon: retries are counted anew, the wait and its step are kept. */
export const atDaemonStart = (backoff: Backoff): Backoff => ({ ...backoff, failures: 0 });

/** Whether the daemon gives up. */
export const exhausted = (backoff: Backoff, policy: RetryPolicy): boolean =>
  policy.maxRetries > 0 && backoff.failures >= policy.maxRetries;
