import { contentOf, numbersOf, type Track, tracksIn } from './mp4-boxes.ts';

/** The samples of one track in turn: where each lies in the file, and when it is decoded. */
export interface Samples {
  readonly kind: 'picture' | 'sound' | 'other';
  readonly offsetsBytes: Float64Array;
  readonly sizesBytes: Float64Array;
  readonly timesS: Float64Array;
}

/**
 * The samples of every track that has some, from the content of the box `moov`; null where the file is in fragments or the
 * tables are damaged.
 */
export function samplesIn(moov: Buffer): readonly Samples[] | null {
  const found = tracksIn(moov).map((track) => (track === null ? null : samplesOf(track)));
  if (found.length === 0 || found.includes(null)) return null;
  return found.filter((samples) => samples !== null && samples.timesS.length > 0) as Samples[];
}

function samplesOf({ handler, table, times, timescale }: Track): Samples | null {
  const [sizes, groups, chunks] = [contentOf(table, 'stsz'), contentOf(table, 'stsc'), chunkOffsets(table)];
  if (sizes === null || groups === null || chunks === null) return null;
  const sizesBytes = sampleSizes(sizes);
  const timesS = decodingTimes(times, sizesBytes.length, timescale);
  const kind = handler === 'vide' ? 'picture' : handler === 'soun' ? 'sound' : 'other';
  return { kind, offsetsBytes: sampleOffsets(chunks, groups, sizesBytes), sizesBytes, timesS };
}

function chunkOffsets(table: Buffer): readonly number[] | null {
  const short = contentOf(table, 'stco');
  if (short !== null) return numbersOf(short);
  const long = contentOf(table, 'co64');
  if (long === null) return null;
  const halves = numbersOf(long, 2);
  return Array.from({ length: Math.floor(halves.length / 2) }, (_, i) => halves[2 * i]! * 2 ** 32 + halves[2 * i + 1]!);
}

/** `stsz`: one size for all samples, or one for each. */
function sampleSizes(stsz: Buffer): Float64Array {
  if (stsz.length < 12) return new Float64Array();
  const [fixed, count] = [stsz.readUInt32BE(4), stsz.readUInt32BE(8)];
  const told = Math.floor((stsz.length - 12) / 4);
  const sizes = new Float64Array(Math.min(count, fixed > 0 ? MOST_SAMPLES : told));
  return fixed > 0 ? sizes.fill(fixed) : sizes.map((_, i) => stsz.readUInt32BE(12 + 4 * i));
}

/** More than a table of `LARGEST_INDEX_BYTES` could hold one by one. */
const MOST_SAMPLES = 8 * 1024 * 1024;

function decodingTimes(times: Track['times'], count: number, timescale: number): Float64Array {
  const timesS = new Float64Array(count);
  let [sample, units] = [0, 0];
  for (const [inARow, each] of times) {
    for (const end = Math.min(count, sample + inARow); sample < end; sample++, units += each) {
      timesS[sample] = units / timescale;
    }
  }
  return timesS;
}

/** `stsc`: groups of chunks with equally many samples, by the number of their first chunk, from 1. */
function sampleOffsets(chunks: readonly number[], stsc: Buffer, sizesBytes: Float64Array): Float64Array {
  const groups = numbersOf(stsc, 3);
  const offsets = new Float64Array(sizesBytes.length);
  let [sample, group] = [0, 0];
  for (const [i, chunk] of chunks.entries()) {
    while ((groups[group + 3] ?? Infinity) <= i + 1) group += 3;
    let at = chunk;
    for (const end = Math.min(offsets.length, sample + (groups[group + 1] ?? 0)); sample < end; sample++) {
      offsets[sample] = at;
      at += sizesBytes[sample]!;
    }
  }
  return offsets;
}
