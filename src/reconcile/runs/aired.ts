import type { PlayoutRun, UplinkRun } from '../model/run.ts';
import type { Pace } from '../model/memory.ts';
import { pipeDepthMs } from './position.ts';
import { bufferedMs } from './reservoir.ts';

/** Media time of a run that has reached the uplink, and by what it is told from now on. */
export interface Aired {
  readonly airedMs: number;
  readonly pace: Pace | null;
}

/**
 * How much of the run on air has reached the uplink. Bytes tell it only as well as the run keeps to its average rate, so
 * from the first moment on it follows what the uplink itself has sent since. `lastMs`: what it was when last seen; it stays
 * so while there is no uplink.
 */
export function airedOf(
  run: PlayoutRun,
  outTimeMs: number,
  pace: Pace | null,
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

/** The fewer bytes have to be turned into time the better: those that have passed, or those still to come. */
function airedByBytes({ record, reservoir }: PlayoutRun, outTimeMs: number): number {
  if (record?.kind !== 'item') return outTimeMs;
  const pipesMs = pipeDepthMs(record.rateKbps);
  const bytes = reservoir?.bytes ?? null;
  if (bytes === null) return Math.max(0, outTimeMs - pipesMs);
  const standing = Math.max(0, bytes.read - bytes.written);
  const [passed, fill] = [bytes.written, standing].map((count) => (count * 8) / record.rateKbps) as [number, number];
  return Math.max(0, Math.min(outTimeMs, bytes.written < standing ? passed : outTimeMs - fill) - pipesMs);
}

/** An uplink whose progress file stands still on a full disk does not hold the position back for ever. */
function leastOf(run: PlayoutRun, outTimeMs: number): number {
  const pipesMs = run.record?.kind === 'item' ? pipeDepthMs(run.record.rateKbps) : 0;
  return Math.max(0, outTimeMs - OFF_BY_AT_MOST * ((bufferedMs(run) ?? 0) + pipesMs) - SLACK_MS);
}

const OFF_BY_AT_MOST = 2;
const SLACK_MS = 2_000;
