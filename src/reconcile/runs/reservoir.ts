import type { PlayoutRun } from '../model/run.ts';

/** Programme that a reservoir is to hold at the item's average rate. */
const RESERVOIR_MS = 20_000;
/** Room for a rate that is higher by this factor for a while. */
const HEADROOM = 1.25;
/** `mbuffer` refuses fewer than five blocks of 4 KiB; at low rates a smaller reservoir would hold next to nothing. */
const SMALLEST_BYTES = 262_144;
/** Room for 20 s at 21 Mbit/s; at higher rates the reservoir holds less than 20 s, so that it does not take all memory. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/** With less than this a reservoir is about to run dry: a successor has to be ready; the slate takes at most a second to start. */
export const DRY_MS = 2_500;

/** The size of the reservoir of a run of this rate. */
export function reservoirBytes(rateKbps: number): number {
  const wantedBytes = Math.round(((rateKbps * 1_000) / 8) * (RESERVOIR_MS / 1_000) * HEADROOM);
  return Math.min(LARGEST_BYTES, Math.max(SMALLEST_BYTES, wantedBytes));
}

/** Media time in the reservoir of this run, at its average rate; 0 without a reservoir, null = not known. */
export function bufferedMs({ record, reservoir }: PlayoutRun): number | null {
  if (reservoir === null) return 0;
  if (record?.kind !== 'item' || reservoir.bytes === null) return null;
  const { read, written } = reservoir.bytes;
  return Math.round((Math.max(0, read - written) * 8) / record.rateKbps);
}

/** Whether a reservoir is full. Full is 90 %, as its last blocks come and go. */
export function isFull({ sizeBytes, bytes }: NonNullable<PlayoutRun['reservoir']>): boolean {
  return bytes !== null && bytes.read - bytes.written >= sizeBytes * FULL_SHARE;
}

const FULL_SHARE = 0.9;
