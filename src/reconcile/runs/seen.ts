import type { Memory } from '../model/memory.ts';
import type { Moment } from '../model/observation.ts';
import type { PlayoutRun } from '../model/run.ts';

/** Beyond this difference the run was held up or the clock was set, and the moment in its record no longer counts. */
const OFF_BY_AT_MOST_MS = 10_000;

/** The record's moment is corrected towards the clock by at most this a song: songs last a frame more or less than planned. */
const CORRECTED_BY_AT_MOST_MS = 100;

/**
 * When the last picture of the run on air is expected, by the wall clock; null = its length is not known yet. For a run over a
 * clip the end follows from `seenAtWallMs` in its record, so that the error of an estimate by bytes does not move the clip.
 */
export function endSeenAtWallMs(run: PlayoutRun, memory: Memory, now: Moment): number | null {
  if (run.record?.kind !== 'item') return null;
  const lengthMs = run.life === 'draining' ? (run.progress?.outTimeMs ?? null) : run.record.lengthMs;
  if (lengthMs === null) return null;
  const byClock = now.wallMs + Math.max(0, lengthMs - (memory.playouts[run.runId]?.airedMs ?? 0));
  const { seenAtWallMs } = run.record;
  if (seenAtWallMs === undefined) return byClock;
  const offMs = byClock - (seenAtWallMs + lengthMs);
  if (Math.abs(offMs) > OFF_BY_AT_MOST_MS) return byClock;
  return seenAtWallMs + lengthMs + Math.max(-CORRECTED_BY_AT_MOST_MS, Math.min(CORRECTED_BY_AT_MOST_MS, offMs));
}
