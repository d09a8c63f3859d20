/** Reads bytes of the object from an offset on; fewer where the object ends before. Rejects when they cannot be had. */
export type ReadBytes = (offsetBytes: number, sizeBytes: number) => Promise<Buffer>;

/** Where the index of an MP4 lies in it, and what it holds. */
export interface Moov {
  readonly atBytes: number;
  readonly content: Buffer;
}

/** The index of a film of ten hours is some 20 MB. */
const LARGEST_INDEX_BYTES = 32 * 1024 * 1024;
/** At most so many boxes are read to find the index: usually one or two come before it, and the media. */
const MOST_BOXES = 12;
const HEADER_BYTES = 16;
/** Read at once: most indexes at the beginning of a file are shorter, so one request is enough. */
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

/** Reads at least `CHUNK_BYTES` at a time, and answers from what it has read while it can. */
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

/** The box that begins at `at`; null where there is none, or it ends after `limit`. A size of 0 means up to `limit`. */
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
function boxesIn(bytes: Buffer): (Box & { readonly content: Buffer })[] {
  const found: (Box & { readonly content: Buffer })[] = [];
  for (let box = boxAt(bytes, 0, bytes.length); box !== null; box = boxAt(bytes, box.end, bytes.length)) {
    found.push({ ...box, content: bytes.subarray(box.begin, box.end) });
  }
  return found;
}

/** The content of the first box of this type. */
export const contentOf = (bytes: Buffer, type: string): Buffer | null =>
  boxesIn(bytes).find((box) => box.type === type)?.content ?? null;

const within = (bytes: Buffer, path: readonly string[]): Buffer | null =>
  path.reduce<Buffer | null>((inner, type) => (inner === null ? null : contentOf(inner, type)), bytes);

/** The numbers of a table, 32 bits each: their count stands after version and flags. `width`: numbers in one entry. */
export function numbersOf(table: Buffer, width = 1): readonly number[] {
  if (table.length < 8) return [];
  const count = Math.min(table.readUInt32BE(4) * width, Math.floor((table.length - 8) / 4));
  return Array.from({ length: count }, (_, i) => table.readUInt32BE(8 + 4 * i));
}

function pairsOf(table: Buffer): readonly (readonly [number, number])[] {
  const numbers = numbersOf(table, 2);
  return Array.from(
    { length: Math.floor(numbers.length / 2) },
    (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!] as const,
  );
}

/** A track of the box `moov`. */
export interface Track {
  /** `vide`, `soun`, or another handler type. */
  readonly handler: string;
  /** The content of the box `stbl`. */
  readonly table: Buffer;
  /** How many samples in a row last how many units of the track's clock. */
  readonly times: readonly (readonly [count: number, units: number])[];
  /** Units a second. */
  readonly timescale: number;
}

/** The tracks in the content of `moov`; null in the place of a damaged one. None where fragments follow, which it does not list. */
export function tracksIn(moov: Buffer): readonly (Track | null)[] {
  const inMoov = boxesIn(moov);
  if (inMoov.some(({ type }) => type === 'mvex')) return [];
  return inMoov.filter(({ type }) => type === 'trak').map(({ content }) => trackIn(content));
}

function trackIn(trak: Buffer): Track | null {
  const [header, handler] = [within(trak, ['mdia', 'mdhd']), within(trak, ['mdia', 'hdlr'])];
  const table = within(trak, ['mdia', 'minf', 'stbl']);
  const times = table === null ? null : contentOf(table, 'stts');
  if (table === null || times === null || header === null || header.length < 24) return null;
  const timescale = header.readUInt32BE(header[0] === 1 ? 20 : 12);
  if (timescale === 0) return null;
  return { handler: handler?.toString('latin1', 8, 12) ?? '', table, times: pairsOf(times), timescale };
}
