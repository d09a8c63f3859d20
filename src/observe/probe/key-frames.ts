import { z } from 'zod';
import type { VideoFacts } from '../../reconcile/model/item.ts';
import { wasSeenWhole } from '../../reconcile/playout/as-sent.ts';
import { longestStepS } from './pauses.ts';

/** What the key frames of a piece of the picture tell that its beginning does not. */
export interface KeyFrameFacts {
  /** Seconds; null when there was none, or one alone and no end to count to. */
  readonly maxGapS: number | null;
  /** What a copy cannot carry; null = nothing of it. */
  readonly change: VideoChange | null;
  /** The longest time from one frame of sound to the next, seconds; 0 where there is none. */
  readonly soundStepS: number;
  /** The longest time from one picture to the next, seconds; absent where key frames alone were looked at. */
  readonly pictureStepS?: number;
}

export type VideoChange = NonNullable<VideoFacts['change']>;

/** A piece of the picture, seconds; `endS` null = nobody knows. */
export interface Piece {
  readonly startS: number;
  readonly endS: number | null;
}

/** Beyond the seconds whose packets are looked at, and longer than two of the longest groups that are copied. */
const PLACES = [0.4, 0.7, 0.95];
const PLACE_S = 9;
/** The sound may outlast the picture by so much, and the length is that of both. */
const OUTLASTING_S = 1;

/** Where the key frames are looked at: all of it, or places spread over it; none where nobody knows how long it is. */
export function piecesOf(sizeBytes: number, durationS: number | null): readonly Piece[] {
  const endS = durationS === null ? null : durationS - OUTLASTING_S;
  if (wasSeenWhole({ sizeBytes })) return [{ startS: 0, endS }];
  if (durationS === null || endS === null) return [];
  return PLACES.map((share) => {
    const startS = Math.floor(durationS * share);
    return { startS, endS: Math.min(endS, startS + PLACE_S) };
  });
}

/** Which of an object's streams are looked at; null = it has no sound. */
export interface StreamIndexes {
  readonly video: number;
  readonly audio: number | null;
}

/**
 * ffprobe's options: of the picture key frames alone are decoded, as only the decoder knows of other parameter sets. It takes
 * the file's own times, and those of a recording may begin at hours.
 */
export function keyFrameArgs(
  { video, audio }: StreamIndexes,
  { startS, endS }: Piece,
  fileStartS: number,
): readonly string[] {
  const isPart = startS > 0 && endS !== null;
  const interval = isPart ? ['-read_intervals', `${fileStartS + startS}%${fileStartS + endS}`] : [];
  // It selects one stream or all.
  const selected = audio === null ? ['-select_streams', String(video)] : [];
  const entries = 'frame=stream_index,pts_time,width,height';
  return ['-skip_frame', 'nokey', ...selected, ...interval, '-show_entries', entries];
}

const numeric = z.coerce.number().finite().nullable().catch(null);
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
    maxGapS: gapsS.length === 0 ? null : Math.round(Math.max(...gapsS) * 1000) / 1000,
    change: isOneSize ? (stepsS.some((stepS) => stepS < 0) ? 'times' : null) : 'size',
    soundStepS: longestStepS(timesOf(sounds)),
  };
}
