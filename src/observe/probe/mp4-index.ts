import type { StreamIndexes } from './key-frames.ts';

/** What the index of an MP4 tells, over the whole of it. */
export interface IndexFacts {
  /** Longest way without a key frame, its ends included, seconds. */
  readonly maxGapS: number;
  /** More than one set of parameters is announced. */
  readonly changes: boolean;
  /** The longest that a frame of its sound lasts, seconds; 0 where it has none. */
  readonly soundStepS: number;
  /** The longest that a picture stands, seconds. */
  readonly pictureStepS: number;
}

/** Bytes of the object from there on; fewer where it ends before. Rejects when they cannot be had. */
export type ReadBytes = (offsetBytes: number, sizeBytes: number) => Promise<Buffer>;

/** The index of a film of ten hours is some 20 MB. */
const LARGEST_INDEX_BYTES = 32 * 1024 * 1024;
/** Boxes before the index: usually one or two, and the media. */
const MOST_BOXES = 12;
const HEADER_BYTES = 16;
/** Where the index comes first, most of them are shorter: one request for all. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Finds the index of an MP4 and reads what it tells of the tracks that FFmpeg shows as these streams; null where there is
 * none that tells: it is in fragments, damaged, or too large. ISO/IEC 14496-12 has the boxes.
 */
export async function readIndex(
  readObject: ReadBytes,
  sizeBytes: number,
  streams: StreamIndexes,
): Promise<IndexFacts | null> {
  const read = inChunks(readObject);
  let at = 0;
  for (let count = 0; count < MOST_BOXES && at + HEADER_BYTES <= sizeBytes; count++) {
    const header = await read(at, HEADER_BYTES);
    const box = header.length < HEADER_BYTES ? null : boxAt(header, 0, sizeBytes - at);
    if (box === null) return null;
    if (box.type === 'moov') {
      if (box.end > LARGEST_INDEX_BYTES) return null;
      const bytes = await read(at, box.end);
      return bytes.length < box.end ? null : indexFacts(bytes.subarray(box.begin, box.end), streams);
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

/** As `readIndex`, of the content of the box `moov`. */
export function indexFacts(moov: Buffer, streams: StreamIndexes): IndexFacts | null {
  const inMoov = boxesIn(moov);
  // Fragments come after the index, which tells nothing of them.
  if (inMoov.some(({ type }) => type === 'mvex')) return null;
  const traks = inMoov.filter(({ type }) => type === 'trak').map(({ content }) => content);
  const picture = trackOf(traks[streams.video], 'vide');
  const sound = streams.audio === null ? null : trackOf(traks[streams.audio], 'soun');
  const descriptions = picture === null ? null : contentOf(picture.table, 'stsd');
  if (picture === null || descriptions === null || descriptions.length < 8) return null;
  const keys = contentOf(picture.table, 'stss');
  const gapUnits = longestGap(picture.times, keys === null ? null : numbersOf(keys));
  if (gapUnits === null) return null;
  return {
    maxGapS: secondsOf(gapUnits, picture),
    changes: descriptions.readUInt32BE(4) > 1,
    soundStepS: sound === null ? 0 : secondsOf(longestSample(sound.times), sound),
    pictureStepS: secondsOf(longestSample(picture.times), picture),
  };
}

/** How many samples in a row last how many units of the track's clock. */
type Times = readonly (readonly [count: number, units: number])[];

interface Track {
  readonly table: Buffer;
  readonly times: Times;
  /** Units a second. */
  readonly timescale: number;
}

/** null = it is no such track, or does not tell. */
function trackOf(trak: Buffer | undefined, handlerType: 'vide' | 'soun'): Track | null {
  const mdia = trak === undefined ? null : contentOf(trak, 'mdia');
  const handler = mdia === null ? null : contentOf(mdia, 'hdlr');
  const table = mdia === null ? null : within(mdia, ['minf', 'stbl']);
  const header = mdia === null ? null : contentOf(mdia, 'mdhd');
  if (table === null || header === null || handler?.toString('latin1', 8, 12) !== handlerType) return null;
  const timescale = header.length < 24 ? 0 : header.readUInt32BE(header[0] === 1 ? 20 : 12);
  const times = contentOf(table, 'stts');
  return timescale === 0 || times === null ? null : { table, times: pairsOf(times), timescale };
}

const secondsOf = (units: number, { timescale }: Track): number => Math.round((units / timescale) * 1000) / 1000;

const longestSample = (times: Times): number => times.reduce((most, [, units]) => Math.max(most, units), 0);

/** In units of the track's clock. `keys`: numbers of the samples that are key frames, from 1, rising; null = all of them are. */
function longestGap(times: Times, keys: readonly number[] | null): number | null {
  if (keys === null) return longestSample(times);
  let run = 0;
  let [firstOfRun, unitsBefore] = [1, 0];
  let [lastUnits, longest] = [0, 0];
  for (const key of keys) {
    for (let time = times[run]; time !== undefined && key >= firstOfRun + time[0]; time = times[++run]) {
      firstOfRun += time[0];
      unitsBefore += time[0] * time[1];
    }
    const time = times[run];
    if (time === undefined || key < firstOfRun) return null;
    const atUnits = unitsBefore + (key - firstOfRun) * time[1];
    longest = Math.max(longest, atUnits - lastUnits);
    lastUnits = atUnits;
  }
  const endUnits = times.reduce((sum, [count, units]) => sum + count * units, 0);
  return Math.max(longest, endUnits - lastUnits);
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

/** Up to the first that is none. */
function boxesIn(bytes: Buffer): (Box & { readonly content: Buffer })[] {
  const found: (Box & { readonly content: Buffer })[] = [];
  for (let box = boxAt(bytes, 0, bytes.length); box !== null; box = boxAt(bytes, box.end, bytes.length)) {
    found.push({ ...box, content: bytes.subarray(box.begin, box.end) });
  }
  return found;
}

const contentOf = (bytes: Buffer, type: string): Buffer | null =>
  boxesIn(bytes).find((box) => box.type === type)?.content ?? null;

const within = (bytes: Buffer, path: readonly string[]): Buffer | null =>
  path.reduce<Buffer | null>((inner, type) => (inner === null ? null : contentOf(inner, type)), bytes);

/** A table's numbers: after version and flags their count, then they, of 32 bits each; `width`: how many are one entry. */
function numbersOf(table: Buffer, width = 1): readonly number[] {
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
