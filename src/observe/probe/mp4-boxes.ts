/** Bytes of the object from there on; fewer where it ends before. Rejects when they cannot be had. */
export type ReadBytes = (offsetBytes: number, sizeBytes: number) => Promise<Buffer>;

/** Where the index of an MP4 lies in it, and what it holds. */
export interface Moov {
  readonly atBytes: number;
  readonly content: Buffer;
}

/** The index of a film of ten hours is some 20 MB. */
const LARGEST_INDEX_BYTES = 32 * 1024 * 1024;
/** Boxes before the index: usually one or two, and the media. */
const MOST_BOXES = 12;
const HEADER_BYTES = 16;
/** Where the index comes first, most of them are shorter: one request for all. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Finds the index of an MP4, the box `moov`; null where there is none, or it is damaged or too large. Rejects when it cannot
 * be read. ISO/IEC 14496-12 has the boxes.
 */
export async function readMoov(readObject: ReadBytes, sizeBytes: number): Promise<Moov | null> {
  const read = inChunks(readObject);
  let at = 0;
  for (let count = 0; count < MOST_BOXES && at + HEADER_BYTES <= sizeBytes; count++) {
    const header = await read(at, HEADER_BYTES);
    const box = header.length < HEADER_BYTES ? null : boxAt(header, 0, sizeBytes - at);
    if (box === null) return null;
    if (box.type === 'moov') {
      if (box.end > LARGEST_INDEX_BYTES) return null;
      const bytes = await read(at, box.end);
      return bytes.length < box.end ? null : { atBytes: at, content: bytes.subarray(box.begin, box.end) };
    }
    at += box.end;
  }
  return null;
}

/** Reads a chunk where less is asked for, and answers from it while it can. */
function inChunks(read: ReadBytes): ReadBytes {
  let chunk: { readonly at: number; readonly bytes: Buffer } = { at: 0, bytes: Buffer.alloc(0) };
  return async (at, size) => {
    if (at < chunk.at || at + size > chunk.at + chunk.bytes.length) {
      chunk = { at, bytes: await read(at, Math.max(size, CHUNK_BYTES)) };
    }
    return chunk.bytes.subarray(at - chunk.at, at - chunk.at + size);
  };
}

interface Box {
  readonly type: string;
  /** Of its content. */
  readonly begin: number;
  readonly end: number;
}

/** The box that begins here; null where it is none, or longer than `limit`. Size 0 = to the end. */
function boxAt(bytes: Buffer, at: number, limit: number): Box | null {
  if (at + 8 > bytes.length) return null;
  const short = bytes.readUInt32BE(at);
  const isLong = short === 1;
  if (isLong && at + HEADER_BYTES > bytes.length) return null;
  const size = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? limit - at : short;
  const begin = at + (isLong ? HEADER_BYTES : 8);
  const end = at + size;
  return end < begin || end > limit ? null : { type: bytes.toString('latin1', at + 4, at + 8), begin, end };
}

/** The boxes that stand here in a row, up to the first that is none. */
export function boxesIn(bytes: Buffer): (Box & { readonly content: Buffer })[] {
  const found: (Box & { readonly content: Buffer })[] = [];
  for (let box = boxAt(bytes, 0, bytes.length); box !== null; box = boxAt(bytes, box.end, bytes.length)) {
    found.push({ ...box, content: bytes.subarray(box.begin, box.end) });
  }
  return found;
}

export const contentOf = (bytes: Buffer, type: string): Buffer | null =>
  boxesIn(bytes).find((box) => box.type === type)?.content ?? null;

export const within = (bytes: Buffer, path: readonly string[]): Buffer | null =>
  path.reduce<Buffer | null>((inner, type) => (inner === null ? null : contentOf(inner, type)), bytes);

/** A table's numbers: after version and flags their count, then they, of 32 bits each; `width`: how many are one entry. */
export function numbersOf(table: Buffer, width = 1): readonly number[] {
  if (table.length < 8) return [];
  const count = Math.min(table.readUInt32BE(4) * width, Math.floor((table.length - 8) / 4));
  return Array.from({ length: count }, (_, i) => table.readUInt32BE(8 + 4 * i));
}

export function pairsOf(table: Buffer): readonly (readonly [number, number])[] {
  const numbers = numbersOf(table, 2);
  return Array.from(
    { length: Math.floor(numbers.length / 2) },
    (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!] as const,
  );
}
