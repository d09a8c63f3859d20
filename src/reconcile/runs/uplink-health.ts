import type { UplinkRun } from '../model/run.ts';

/** How an uplink is doing, by what the ingest has acknowledged. */
export type UplinkHealth =
  | { readonly kind: 'connecting'; readonly forMs: number }
  | { readonly kind: 'live' }
  | { readonly kind: 'lagging'; readonly unackedMs: number }
  | { readonly kind: 'silent'; readonly forMs: number };

/** Unacknowledged for this long is worth telling. */
const LAGGING_AFTER_MS = 3_000;
const SILENT_AFTER_MS = 3_000;

export function uplinkHealth(run: UplinkRun, nowMs: number): UplinkHealth {
  const { progress, sendQueue } = run;
  if (progress === null || progress.firstAtMs === null || progress.totalBytes === 0) {
    return { kind: 'connecting', forMs: nowMs - run.startedAtMs };
  }
  if (sendQueue.kind === 'known' && sendQueue.value.unackedMs >= LAGGING_AFTER_MS) {
    return { kind: 'lagging', unackedMs: sendQueue.value.unackedMs };
  }
  const silentMs = nowMs - progress.advancedAtMs;
  if (silentMs >= SILENT_AFTER_MS || sendQueue.kind !== 'known') return { kind: 'silent', forMs: silentMs };
  return { kind: 'live' };
}
