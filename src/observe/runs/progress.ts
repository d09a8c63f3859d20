import type { Movement } from '../processes/io.ts';
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
  readonly movement: Movement | null;
  readonly ageMs: number;
  /** The rate at which it writes; null = not known. */
  readonly rateKbps: number | null;
}

/**
 * The progress by the file; null where bytes have moved for a while and the file stood still: then the disk is full, and the file
 * does not count. A run that was held back moves bytes first and tells of it a moment later, however long ago it told the last time.
 */
export function currentOf(progress: Progress | null, movement: Movement | null): Progress | null {
  if (progress === null || movement === null) return progress;
  const silentSinceMs = Math.max(progress.advancedAtMs, movement.sinceMs);
  return movement.lastAtMs - silentSinceMs >= SUSTAINED_MS ? null : progress;
}

/** The progress by the file and, where the file stands still, is empty or cannot be written, by the bytes the kernel counts. */
export function withFlow(progress: Progress | null, flow: Flow): Progress | null {
  const { hasFile, bytes, movement, ageMs, rateKbps } = flow;
  if (movement === null) return progress;
  const { firstAtMs, lastAtMs } = movement;
  const estimatedMs = rateKbps === null ? 0 : Math.round((bytes * 8) / rateKbps);
  const counts = !hasFile || lastAtMs - firstAtMs >= SUSTAINED_MS || ageMs >= OLD_MS;
  if (progress !== null) {
    const advancedAtMs = Math.max(progress.advancedAtMs, lastAtMs);
    const outTimeMs = currentOf(progress, movement)?.outTimeMs ?? Math.max(progress.outTimeMs, estimatedMs);
    return { ...progress, outTimeMs, advancedAtMs, firstAtMs: progress.firstAtMs ?? (counts ? firstAtMs : null) };
  }
  if (!counts) return null;
  return { outTimeMs: estimatedMs, totalBytes: bytes, advancedAtMs: lastAtMs, firstAtMs, ended: false };
}
