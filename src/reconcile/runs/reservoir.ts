import type { PlayoutRun } from '../model/run.ts';

/** What it is to hold of the programme at its average rate, in milliseconds. */
const RESERVOIR_MS = 20_000;
/** Where the rate goes up for a while by as much as this, it still holds that long. */
const HEADROOM = 1.25;
/** `mbuffer` refuses fewer than five blocks; much less than this would only delay what little there is. */
const SMALLEST_BYTES = 262_144;

/** Room for 20 s at 21 Mbit/s: what is wished beyond that has less, not all of the memory. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/** How large the reservoir of a run is that writes this much a second. */
export function reservoirBytes(rateKbps: number): number {
  const wantedBytes = Math.round(((rateKbps * 1_000) / 8) * (RESERVOIR_MS / 1_000) * HEADROOM);
  return Math.min(LARGEST_BYTES, Math.max(SMALLEST_BYTES, wantedBytes));
}

/** Media time that stands in the reservoir of this run, at its average rate; null = not to be told. */
export function bufferedMs({ record, reservoir }: PlayoutRun): number | null {
  if (reservoir === null) return 0;
  if (record?.kind !== 'item' || reservoir.bytes === null) return null;
  const { read, written } = reservoir.bytes;
  return Math.round((Math.max(0, read - written) * 8) / record.rateKbps);
}

/** A reservoir that takes no more for now; its last blocks come and go. */
export function isFull({ sizeBytes, bytes }: NonNullable<PlayoutRun['reservoir']>): boolean {
  return bytes !== null && bytes.read - bytes.written >= sizeBytes * FULL_SHARE;
}

const FULL_SHARE = 0.9;
