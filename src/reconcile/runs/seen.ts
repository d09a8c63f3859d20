import type { Memory } from '../model/memory.ts';
import type { Moment } from '../model/observation.ts';
import type { PlayoutRun } from '../model/run.ts';

/** A run that is further off the clock than this was held up, or the clock was set: its word counts no more. */
const OFF_BY_AT_MOST_MS = 10_000;

/** What the clock says otherwise is taken up by so much a song: songs last a frame more or less than they are told to. */
const CORRECTED_BY_AT_MOST_MS = 100;

/**
 * When the last picture of the run on air is expected to be seen, by the wall clock; null = its end is not told yet. A run
 * over a clip says when it began, and from that its end follows: so the clip goes on where it is, and is not moved by what
 * an estimate by bytes is off by.
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
