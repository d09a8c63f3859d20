import type { Progress } from '../../reconcile/model/run.ts';

/** Bytes that move for this long are more than an uplink reads before it connects. */
const SUSTAINED_MS = 3_000;
/** A run this old has long had something to write into its progress file; less than what a connection may take. */
const OLD_MS = 8_000;

/** What the kernel tells of a run's bytes. */
export interface Flow {
  /** The run has a progress file at all. */
  readonly hasFile: boolean;
  readonly bytes: number;
  readonly movedAtMs: number | null;
  readonly firstAtMs: number | null;
  readonly ageMs: number;
  /** What it writes a second; null = not known. */
  readonly rateKbps: number | null;
}

/** Bytes go on though the file's word stands still: the disk is full, and what the file says counts for nothing. */
export const isStale = (progress: Progress, movedAtMs: number): boolean =>
  movedAtMs - progress.advancedAtMs >= SUSTAINED_MS;

/** The file's word, and where it stands still, is empty or cannot be written, the kernel's. */
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
