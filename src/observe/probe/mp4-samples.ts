import { boxesIn, contentOf, numbersOf, pairsOf, within } from './mp4-boxes.ts';

/** The samples of one track in turn: where each lies in the file, and when it is decoded. */
export interface Samples {
  readonly kind: 'picture' | 'sound' | 'other';
  readonly offsetsBytes: Float64Array;
  readonly sizesBytes: Float64Array;
  readonly timesS: Float64Array;
}

/**
 * The samples of every track that has some, from the content of the box `moov`; null where the tables do not tell: fragments
 * come after them, or they are damaged.
 */
export function samplesIn(moov: Buffer): readonly Samples[] | null {
  const inMoov = boxesIn(moov);
  if (inMoov.some(({ type }) => type === 'mvex')) return null;
  const found = inMoov.filter(({ type }) => type === 'trak').map(({ content }) => samplesOf(content));
  return found.includes(null)
    ? null
    : (found.filter((samples) => samples !== null && samples.timesS.length > 0) as Samples[]);
}

function samplesOf(trak: Buffer): Samples | null {
  const mdia = contentOf(trak, 'mdia');
  const table = mdia === null ? null : within(mdia, ['minf', 'stbl']);
  const header = mdia === null ? null : contentOf(mdia, 'mdhd');
  if (mdia === null || table === null || header === null || header.length < 24) return null;
  const timescale = header.readUInt32BE(header[0] === 1 ? 20 : 12);
  const [times, sizes, groups] = [contentOf(table, 'stts'), contentOf(table, 'stsz'), contentOf(table, 'stsc')];
  const chunks = chunkOffsets(table);
  if (timescale === 0 || times === null || sizes === null || groups === null || chunks === null) return null;
  const sizesBytes = sampleSizes(sizes);
  const timesS = decodingTimes(times, sizesBytes.length, timescale);
  return { kind: kindOf(mdia), offsetsBytes: sampleOffsets(chunks, groups, sizesBytes), sizesBytes, timesS };
}

const KINDS: ReadonlyMap<string | undefined, Samples['kind']> = new Map([
  ['vide', 'picture'],
  ['soun', 'sound'],
]);

const kindOf = (mdia: Buffer): Samples['kind'] =>
  KINDS.get(contentOf(mdia, 'hdlr')?.toString('latin1', 8, 12)) ?? 'other';

function chunkOffsets(table: Buffer): readonly number[] | null {
  const short = contentOf(table, 'stco');
  if (short !== null) return numbersOf(short);
  const long = contentOf(table, 'co64');
  if (long === null) return null;
  const halves = numbersOf(long, 2);
  return Array.from({ length: Math.floor(halves.length / 2) }, (_, i) => halves[2 * i]! * 2 ** 32 + halves[2 * i + 1]!);
}

/** One size for all of them, or each its own. */
function sampleSizes(stsz: Buffer): Float64Array {
  if (stsz.length < 12) return new Float64Array();
  const [fixed, count] = [stsz.readUInt32BE(4), stsz.readUInt32BE(8)];
  const told = Math.floor((stsz.length - 12) / 4);
  const sizes = new Float64Array(Math.min(count, fixed > 0 ? MOST_SAMPLES : told));
  return fixed > 0 ? sizes.fill(fixed) : sizes.map((_, i) => stsz.readUInt32BE(12 + 4 * i));
}

/** More than a table of `LARGEST_INDEX_BYTES` could tell one by one. */
const MOST_SAMPLES = 8 * 1024 * 1024;

function decodingTimes(stts: Buffer, count: number, timescale: number): Float64Array {
  const timesS = new Float64Array(count);
  let [sample, units] = [0, 0];
  for (const [inARow, each] of pairsOf(stts)) {
    for (const end = Math.min(count, sample + inARow); sample < end; sample++, units += each) {
      timesS[sample] = units / timescale;
    }
  }
  return timesS;
}

/** `stsc`: from which chunk on, counted from 1, a chunk has how many samples. */
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
