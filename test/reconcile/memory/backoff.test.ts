import { describe, expect, it } from 'vitest';
import {
  afterDeath,
  afterHealthy,
  atDaemonStart,
  exhausted,
  type RetryPolicy,
} from '../../../src/reconcile/memory/backoff.ts';
import { type Backoff, NO_BACKOFF } from '../../../src/reconcile/model/memory.ts';

const POLICY: RetryPolicy = { delayMs: 30_000, maxRetries: 3 };

/** The waits, in seconds, after deaths in a row that each come as soon as the wait before is over. */
function waits(policy: RetryPolicy, deaths: number, from: Backoff = NO_BACKOFF): number[] {
  let backoff = from;
  let nowMs = 1_000_000;
  return Array.from({ length: deaths }, () => {
    backoff = afterDeath(backoff, policy, false, nowMs);
    const waitMs = backoff.notBeforeMs - nowMs;
    nowMs = backoff.notBeforeMs;
    return waitMs / 1000;
  });
}

describe('the wait after a death', () => {
  it('is WORKER_RETRY_DELAY times 1, 2, 4', () => {
    expect(waits(POLICY, 5)).toEqual([30, 60, 120, 120, 120]);
    expect(waits({ ...POLICY, delayMs: 5_000 }, 5)).toEqual([5, 10, 20, 20, 20]);
  });

  it('is at most 120 s', () => {
    expect(waits({ ...POLICY, delayMs: 50_000 }, 3)).toEqual([50, 100, 120]);
    expect(waits({ ...POLICY, delayMs: 600_000 }, 2)).toEqual([120, 120]);
  });

  it('is none for one that had been healthy', () => {
    const backoff = afterDeath(NO_BACKOFF, POLICY, true, 1_000);
    expect(backoff).toMatchObject({ notBeforeMs: 1_000, failures: 0, step: 0 });
  });

  it('begins anew once a run has been healthy', () => {
    const twice = afterDeath(afterDeath(NO_BACKOFF, POLICY, false, 0), POLICY, false, 30_000);
    expect(waits(POLICY, 1, twice)).toEqual([120]);
    expect(waits(POLICY, 1, afterHealthy(twice, 100_000))).toEqual([30]);
  });

  it('comes even after healthy runs from the fifth death in ten minutes on', () => {
    let backoff = NO_BACKOFF;
    const failed: number[] = [];
    const waited: number[] = [];
    for (let death = 1; death <= 8; death++) {
      const nowMs = death * 60_000;
      backoff = afterDeath(afterHealthy(backoff, nowMs - 1_000), POLICY, true, nowMs);
      failed.push(backoff.failures);
      waited.push((backoff.notBeforeMs - nowMs) / 1000);
    }
    expect(failed).toEqual([0, 0, 0, 0, 1, 2, 3, 4]);
    expect(waited).toEqual([0, 0, 0, 0, 30, 60, 120, 120]);
  });

  it('is none for healthy runs that die less often than that', () => {
    let backoff = NO_BACKOFF;
    for (let death = 1; death <= 50; death++) {
      const nowMs = death * 151_000;
      backoff = afterDeath(afterHealthy(backoff, nowMs), POLICY, true, nowMs);
      expect(backoff.notBeforeMs).toBe(nowMs);
    }
  });
});

describe('giving up', () => {
  const afterFailures = (count: number): Backoff => {
    let backoff = NO_BACKOFF;
    for (let death = 0; death < count; death++) backoff = afterDeath(backoff, POLICY, false, death * 200_000);
    return backoff;
  };

  it('comes after WORKER_MAX_RETRIES failures in a row, not before', () => {
    expect([1, 2, 3, 4].map((count) => exhausted(afterFailures(count), POLICY))).toEqual([false, false, true, true]);
  });

  it('never comes with 0 retries', () => {
    expect(exhausted(afterFailures(50), { ...POLICY, maxRetries: 0 })).toBe(false);
  });

  it('is put off by a healthy run', () => {
    expect(exhausted(afterDeath(afterHealthy(afterFailures(2), 800_000), POLICY, false, 900_000), POLICY)).toBe(false);
  });

  it('is counted anew by the next daemon, which keeps the wait and its step', () => {
    const given = afterFailures(3);
    const next = atDaemonStart(given);
    expect(exhausted(next, POLICY)).toBe(false);
    expect(next).toEqual({ ...given, failures: 0 });
  });
});

describe('what is remembered of deaths', () => {
  it('is bounded, however often something dies', () => {
    let backoff = NO_BACKOFF;
    for (let death = 0; death < 1_000; death++) backoff = afterDeath(backoff, POLICY, death % 2 === 0, death);
    expect(backoff.deathsAtMs.length).toBeLessThanOrEqual(16);
    expect(backoff.step).toBeLessThanOrEqual(2);
  });
});
