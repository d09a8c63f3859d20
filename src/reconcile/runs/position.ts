import { type Cursor, END_OF_ITEM } from '../model/programme.ts';
import type { ItemRecord } from '../model/run.ts';

/** Bytes between FFmpeg's output and the uplink's input: the playout's pipe, `cat`'s buffer, the FIFO; 64 KiB each. */
const PIPE_DEPTH_BYTES = 3 * 65_536;

/** Media time that has left FFmpeg but not reached the uplink, for a stream of this rate. */
export const pipeDepthMs = (bitrateKbps: number): number =>
  Math.round((PIPE_DEPTH_BYTES * 8) / Math.max(bitrateKbps, 64));

/** The place in the item of a run that has played `runMs`, its loops counted. */
export function positionMs(record: ItemRecord, runMs: number): number {
  const played = record.offsetMs + runMs;
  return record.durationMs === null || record.durationMs <= 0 ? played : played % record.durationMs;
}

/** The place of the run's item in the programme. */
export const placeOf = ({ key, version, round, index }: ItemRecord): Omit<Cursor, 'offsetMs'> => ({
  key,
  version,
  round,
  index,
});

/** Where the programme goes on after a run that came to `endMs` of its item. */
export const offsetAfter = ({ durationMs }: ItemRecord, endMs: number): number =>
  durationMs === null || endMs >= durationMs - ROUNDED_BY_MS ? END_OF_ITEM : endMs;

/** Durations and positions are rounded. */
const ROUNDED_BY_MS = 50;

/**
 * Whether the run has written all it was to write. A run of unknown length is complete when FFmpeg ended well, and wrote
 * anything or began in the middle (it may have been the item's end). `exact`: `outTimeMs` is FFmpeg's last word, not an estimate.
 */
export function isComplete(record: ItemRecord, outTimeMs: number, endedWell: boolean, exact: boolean): boolean {
  const { lengthMs } = record;
  if (lengthMs === null) return endedWell && (outTimeMs > 0 || record.offsetMs > 0);
  // Of a short item at least half must be written, else it is a start that failed.
  const withinMs = Math.min(exact ? COMPLETE_WITHIN_MS : ROUGHLY_WITHIN_MS, lengthMs / 2);
  return outTimeMs > 0 && outTimeMs >= lengthMs - withinMs;
}

/** Containers round their durations, and streams of one file end apart by up to a GOP of audio frames. */
const COMPLETE_WITHIN_MS = 700;
/** The time between two passes, and the error of an estimate by bytes. */
const ROUGHLY_WITHIN_MS = 4_000;
