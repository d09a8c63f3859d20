import { contentOf, numbersOf, readMoov, type ReadBytes, type Track, tracksIn } from './mp4-boxes.ts';
import type { KeyFrameFacts, StreamIndexes } from '../key-frames.ts';
import { toThousandths } from '../numbers.ts';

/**
 * What the index of an MP4 says of the tracks that FFmpeg shows as these streams; null where the file is in fragments, or the
 * index is damaged or too large. ISO/IEC 14496-12 has the boxes.
 */
export async function readIndex(
  read: ReadBytes,
  sizeBytes: number,
  streams: StreamIndexes,
): Promise<KeyFrameFacts | null> {
  const moov = await readMoov(read, sizeBytes);
  return moov === null ? null : indexFacts(moov.content, streams);
}

/** As `readIndex`, of the content of the box `moov`. */
export function indexFacts(moov: Buffer, streams: StreamIndexes): KeyFrameFacts | null {
  const tracks = tracksIn(moov);
  const picture = tracks[streams.video];
  if (picture?.handler !== 'vide') return null;
  const heard = streams.audio === null ? null : tracks[streams.audio];
  const sound = heard?.handler === 'soun' ? heard : null;
  const descriptions = contentOf(picture.table, 'stsd');
  if (descriptions === null || descriptions.length < 8) return null;
  const keys = contentOf(picture.table, 'stss');
  const gapUnits = longestGap(picture.times, keys === null ? null : numbersOf(keys));
  if (gapUnits === null) return null;
  return {
    maxGapS: secondsOf(gapUnits, picture),
    // More than one set of parameters, or pictures that are shown far from when they are decoded.
    change: descriptions.readUInt32BE(4) > 1 ? 'size' : reorderS(picture) > LONGEST_REORDER_S ? 'times' : null,
    soundStepS: sound === null ? 0 : secondsOf(longestSample(sound.times), sound),
    pictureStepS: secondsOf(longestSample(picture.times), picture),
  };
}

type Times = Track['times'];

/** H.264 reorders pictures over 16 at most, and those of a film that is copied over 2. */
const LONGEST_REORDER_S = 1;

/** By how much the way from decoding to showing differs among the pictures. FFmpeg, as all players, takes it for signed. */
function reorderS({ table, timescale }: Track): number {
  const offsets = contentOf(table, 'ctts');
  const units = offsets === null ? [] : numbersOf(offsets, 2).filter((_, i) => i % 2 === 1);
  const [least, most] = units.reduce(
    ([low, high], each) => [Math.min(low, each | 0), Math.max(high, each | 0)],
    [0, 0],
  );
  return (most - least) / timescale;
}

const secondsOf = (units: number, { timescale }: Track): number => toThousandths(units / timescale);

const longestSample = (times: Times): number => times.reduce((most, [, units]) => Math.max(most, units), 0);

/** The longest stretch without a key frame, in units of the track's clock. `keys`: the numbers of the key frames, from 1, rising; null = every sample is one. */
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
