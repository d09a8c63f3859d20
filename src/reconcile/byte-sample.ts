import type { ByteSample, ItemFacts } from './model/item.ts';

/** How much of the item's own time a sample holds. */
const SAMPLED_S = 2;
const LEAST_BYTES = 64 * 1024;
const MOST_BYTES = 2 * 1024 * 1024;

/** The bytes a playout of this item would begin with at `offsetMs`, at the pace it would need them. */
export function byteSample({ sizeBytes, durationS }: ItemFacts, offsetMs: number): ByteSample {
  const bytesPerS = durationS === null || durationS <= 0 ? 0 : sizeBytes / durationS;
  const wanted = Math.min(Math.max(Math.round(bytesPerS * SAMPLED_S), LEAST_BYTES), MOST_BYTES, sizeBytes);
  const at = Math.floor((offsetMs / 1000) * bytesPerS);
  return {
    offsetBytes: Math.min(Math.max(at, 0), sizeBytes - wanted),
    sizeBytes: wanted,
    minBytesPerS: Math.round(bytesPerS),
  };
}
