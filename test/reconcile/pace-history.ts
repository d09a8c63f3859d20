import type { GateFlow, PaceHistory, PaceSample } from '../../src/reconcile/model/run.ts';

/** A stretch of looks, one a second. */
export interface Stretch {
  readonly seconds: number;
  /** Media seconds written per second; default 1. */
  readonly pace?: number;
  /** Bytes not acknowledged; default 0. */
  readonly queuedBytes?: number;
  readonly flow?: GateFlow;
  /** Default null. */
  readonly hasReadAll?: boolean | null;
}

/** What a daemon has seen of an uplink of 400 kB a second that went through these stretches and is looked at now. */
export function paceHistory(nowMs: number, stretches: readonly Stretch[]): PaceHistory {
  const seconds = stretches.reduce((sum, stretch) => sum + stretch.seconds, 0);
  let atMs = nowMs - seconds * 1_000;
  let outTimeMs = 60_000;
  const samples: PaceSample[] = [];
  const look = ({ queuedBytes = 0, flow = 'held', hasReadAll = null }: Stretch): void =>
    void samples.push({ atMs, outTimeMs, totalBytes: outTimeMs * 400, queuedBytes, flow, hasReadAll });
  for (const stretch of stretches) {
    if (samples.length === 0) look(stretch);
    for (let second = 0; second < stretch.seconds; second += 1) {
      atMs += 1_000;
      outTimeMs += 1_000 * (stretch.pace ?? 1);
      look(stretch);
    }
  }
  return { first: samples[0]!, recent: samples.slice(-64) };
}
