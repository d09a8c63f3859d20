import { boxesIn, contentOf, numbersOf, pairsOf, readMoov, type ReadBytes, within } from './mp4-boxes.ts';
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

/**
 * What the index of an MP4 tells of the tracks that FFmpeg shows as these streams; null where there is none that tells: it
 * is in fragments, damaged, or too large. ISO/IEC 14496-12 has the boxes.
 */
export async function readIndex(
  read: ReadBytes,
  sizeBytes: number,
  streams: StreamIndexes,
): Promise<IndexFacts | null> {
  const moov = await readMoov(read, sizeBytes);
  return moov === null ? null : indexFacts(moov.content, streams);
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
