const MIB = 1024 * 1024;
/** Files up to this size are sent in one request. S3 takes 5 GiB, but after a broken connection all is sent again. */
export const LARGEST_SINGLE_BYTES = 16 * MIB;
const SMALLEST_PART_BYTES = 8 * MIB;
/** S3 takes 10,000 parts, all of one size but the last (R2 insists). */
const MOST_PARTS = 9_000;

/** How a file of this size is cut for a multipart upload. */
export function partSizeBytes(sizeBytes: number): number {
  return Math.max(SMALLEST_PART_BYTES, Math.ceil(sizeBytes / MOST_PARTS / MIB) * MIB);
}

/** Waits between attempts, milliseconds: about a minute in all. */
export const UPLOAD_WAITS_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000] as const;
