import type { Progress } from '../../reconcile/model/run.ts';

/** For less than this an uplink may read bytes before it connects. */
const SUSTAINED_MS = 3_000;
/** A run of this age has had progress to write; less than the time a connection may take. */
const OLD_MS = 8_000;

/** What the kernel says of a run's bytes. */
export interface Flow {
  /** The run has a progress file at all. */
  readonly hasFile: boolean;
  readonly bytes: number;
  readonly movedAtMs: number | null;
  readonly firstAtMs: number | null;
  readonly ageMs: number;
  /** The rate at which it writes; null = not known. */
  readonly rateKbps: number | null;
}

/** Whether bytes move though the progress file stands still: then the disk is full, and the file does not count. */
export const isStale = (progress: Progress, movedAtMs: number): boolean =>
  movedAtMs - progress.advancedAtMs >= SUSTAINED_MS;

/** The progress by the file and, where the file stands still, is empty or cannot be written, by the bytes the kernel counts. */
export function withFlow(progress: Progress | null, flow: Flow): Progress | null {
  const { hasFile, bytes, movedAtMs, firstAtMs, ageMs, rateKbps } = flow;
  if (movedAtMs === null || firstAtMs === null) return progress;
  const estimatedMs = rateKbps === null ? 0 : Math.round((bytes * 8) / rateKbps);
  const counts = !hasFile || movedAtMs - firstAtMs >= SUSTAINED_MS || ageMs >= OLD_MS;
  if (progress !== null) {
    const advancedAtMs = Math.max(progress.advancedAtMs, movedAtMs);
    const outTimeMs = isStale(progress, movedAtMs) ? Math.max(progress.outTimeMs, estimatedMs) : progress.outTimeMs;
    return { ...progress, outTimeMs, advancedAtMs, firstAtMs: progress.firstAtMs ?? (counts ? firstAtMs : null) };
  }
  if (!counts) return null;
  return { outTimeMs: estimatedMs, totalBytes: bytes, advancedAtMs: movedAtMs, firstAtMs, ended: false };
}
