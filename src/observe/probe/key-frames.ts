import { z } from 'zod';
import type { VideoFacts } from '../../reconcile/model/item.ts';
import { wasSeenWhole } from '../../reconcile/playout/as-sent.ts';
import { numeric, toThousandths } from './numbers.ts';
import { longestStepS } from './pauses.ts';

/** What was found in one piece of the picture, or by an index over all of it. */
export interface KeyFrameFacts {
  /** Longest time from one key frame to the next, seconds; null = there was no key frame, or one alone and the end is not known. */
  readonly maxGapS: number | null;
  /** What a copy cannot carry; null = none was seen. */
  readonly change: NonNullable<VideoFacts['change']> | null;
  /** The longest time from one frame of sound to the next, seconds; 0 where there is none. */
  readonly soundStepS: number;
  /** The longest time from one picture to the next, seconds; absent where only key frames were looked at. */
  readonly pictureStepS?: number;
}

/** A piece of the picture, seconds; `endS` null = the picture's end is not known. */
export interface Piece {
  readonly startS: number;
  readonly endS: number | null;
}

/** Where in a large object pieces are looked at, as shares of its length: beyond the seconds whose packets are looked at. */
const PLACES = [0.4, 0.7, 0.95];
/** Longer than two of the longest groups of pictures that are copied, 4 s each. */
const PLACE_S = 9;
/** The sound may outlast the picture by this, and an object's length is the longer of both. */
const OUTLASTING_S = 1;

/** The pieces that are looked at: all of a small object, places spread over a large one; none where its length is not known. */
export function piecesOf(sizeBytes: number, durationS: number | null): readonly Piece[] {
  const endS = durationS === null ? null : durationS - OUTLASTING_S;
  if (wasSeenWhole({ sizeBytes })) return [{ startS: 0, endS }];
  if (durationS === null || endS === null) return [];
  return PLACES.map((share) => {
    const startS = Math.floor(durationS * share);
    return { startS, endS: Math.min(endS, startS + PLACE_S) };
  });
}

/** The streams to look at, by ffprobe's index; `audio` null = no sound, or it is not to be looked at. */
export interface StreamIndexes {
  readonly video: number;
  readonly audio: number | null;
}

/**
 * ffprobe's options. Key frames are decoded, as only the decoder notices other parameter sets; other pictures are not. Its
 * intervals are in the file's own times, which in a recording may begin at hours.
 */
export function keyFrameArgs(
  { video, audio }: StreamIndexes,
  { startS, endS }: Piece,
  fileStartS: number,
): readonly string[] {
  const isPart = startS > 0 && endS !== null;
  const interval = isPart ? ['-read_intervals', `${fileStartS + startS}%${fileStartS + endS}`] : [];
  // ffprobe selects one stream or all.
  const selected = audio === null ? ['-select_streams', String(video)] : [];
  const entries = 'frame=stream_index,pts_time,width,height';
  return ['-skip_frame', 'nokey', ...selected, ...interval, '-show_entries', entries];
}

const framesSchema = z.object({
  frames: z.array(z.object({ stream_index: z.number(), pts_time: numeric, width: numeric, height: numeric })),
});

/** Reads ffprobe's JSON on the frames of a piece, in the order of the file; null when it is of another shape. */
export function keyFrameFacts(
  json: unknown,
  streams: StreamIndexes,
  { endS }: Piece,
  fileStartS: number,
): KeyFrameFacts | null {
  const parsed = framesSchema.safeParse(json);
  if (!parsed.success) return null;
  const timesOf = (wanted: typeof parsed.data.frames): number[] =>
    wanted.flatMap(({ pts_time: ptsS }) => (ptsS === null ? [] : [ptsS - fileStartS]));
  const frames = parsed.data.frames.filter(({ stream_index: index }) => index === streams.video);
  const sounds = parsed.data.frames.filter(({ stream_index: index }) => index === streams.audio);
  const timesS = timesOf(frames);
  const stepsS = timesS.slice(1).map((atS, i) => atS - (timesS[i] ?? 0));
  const lastS = timesS.at(-1);
  const restS = lastS === undefined || endS === null ? [] : [endS - lastS];
  const gapsS = [...stepsS, ...restS];
  const isOneSize = frames.every(({ width, height }) => width === frames[0]?.width && height === frames[0]?.height);
  return {
    maxGapS: gapsS.length === 0 ? null : toThousandths(Math.max(...gapsS)),
    change: isOneSize ? (stepsS.some((stepS) => stepS < 0) ? 'times' : null) : 'size',
    soundStepS: longestStepS(timesOf(sounds)),
  };
}
