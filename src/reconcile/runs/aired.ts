import type { PlayoutRun, UplinkRun } from '../model/run.ts';
import type { PositionPair } from '../model/memory.ts';
import { pipeDepthMs } from './position.ts';
import { bufferedMs } from './reservoir.ts';

/** Media time of a run that has reached the uplink; `pace`: to be kept for the next pass. */
interface Aired {
  readonly airedMs: number;
  readonly pace: PositionPair | null;
}

/**
 * How much of the run on air has reached the uplink. An estimate by bytes is only as good as the run keeps to its average
 * rate, so bytes give the first position alone; from there it follows the uplink's own media time. `lastMs`: the position when
 * last seen, which stands while there is no uplink.
 */
export function airedOf(
  run: PlayoutRun,
  outTimeMs: number,
  pace: PositionPair | null,
  uplink: UplinkRun | null,
  lastMs: number,
): Aired {
  if (uplink === null && pace?.runId === run.runId) return { airedMs: Math.min(outTimeMs, lastMs), pace };
  const byBytesMs = airedByBytes(run, outTimeMs);
  const sentMs = uplink?.progress?.outTimeMs ?? null;
  if (uplink === null || sentMs === null) return { airedMs: byBytesMs, pace: null };
  if (pace?.runId === run.runId && pace.uplinkRunId === uplink.runId) {
    const airedMs = pace.airedMs + sentMs - pace.uplinkOutMs;
    return { airedMs: Math.min(outTimeMs, Math.max(leastOf(run, outTimeMs), airedMs)), pace };
  }
  if (byBytesMs === 0 || run.reservoir === null) return { airedMs: byBytesMs, pace: null };
  const begun = { runId: run.runId, airedMs: byBytesMs, uplinkRunId: uplink.runId, uplinkOutMs: sentMs };
  return { airedMs: byBytesMs, pace: begun };
}

/** By the bytes that have passed or by those in the reservoir, whichever are fewer: the error of the average rate grows with them. */
function airedByBytes({ record, reservoir }: PlayoutRun, outTimeMs: number): number {
  if (record?.kind !== 'item') return outTimeMs;
  const pipesMs = pipeDepthMs(record.rateKbps);
  const bytes = reservoir?.bytes ?? null;
  if (bytes === null) return Math.max(0, outTimeMs - pipesMs);
  const standing = Math.max(0, bytes.read - bytes.written);
  const [passed, fill] = [bytes.written, standing].map((count) => (count * 8) / record.rateKbps) as [number, number];
  return Math.max(0, Math.min(outTimeMs, bytes.written < standing ? passed : outTimeMs - fill) - pipesMs);
}

/** The least that has reached the uplink, whatever its progress file says: on a full disk that file stands still. */
function leastOf(run: PlayoutRun, outTimeMs: number): number {
  const pipesMs = run.record?.kind === 'item' ? pipeDepthMs(run.record.rateKbps) : 0;
  return Math.max(0, outTimeMs - OFF_BY_AT_MOST * ((bufferedMs(run) ?? 0) + pipesMs) - SLACK_MS);
}

const OFF_BY_AT_MOST = 2;
const SLACK_MS = 2_000;
