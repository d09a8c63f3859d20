import { z } from 'zod';

/** What the key frames of a piece of the picture tell that its beginning does not. */
export interface KeyFrameFacts {
  /** Seconds; null when there was none, or one alone and no end to count to. */
  readonly maxGapS: number | null;
  /** What a copy cannot carry; null = nothing of it. */
  readonly change: VideoChange | null;
}

export type VideoChange = 'size' | 'times';

/** A piece of the picture, seconds; `endS` null = nobody knows. */
export interface Piece {
  readonly startS: number;
  readonly endS: number | null;
}

/** What is larger is looked at in some places only: the bytes come from the store, while the item waits for its turn. */
const WHOLE_BELOW_BYTES = 32 * 1024 * 1024;
/** Beyond the seconds whose packets are looked at, and longer than two of the longest groups that are copied. */
const PLACES = [0.4, 0.7, 0.95];
const PLACE_S = 9;
/** The sound may outlast the picture by so much, and the length is that of both. */
const OUTLASTING_S = 1;

/** Where the key frames are looked at: all of it, or places spread over it; none where nobody knows how long it is. */
export function piecesOf(sizeBytes: number, durationS: number | null): readonly Piece[] {
  const endS = durationS === null ? null : durationS - OUTLASTING_S;
  if (sizeBytes <= WHOLE_BELOW_BYTES) return [{ startS: 0, endS }];
  if (durationS === null || endS === null) return [];
  return PLACES.map((share) => {
    const startS = Math.floor(durationS * share);
    return { startS, endS: Math.min(endS, startS + PLACE_S) };
  });
}

/** ffprobe's options: key frames alone are decoded, as only the decoder knows of other parameter sets. */
export function keyFrameArgs(streamIndex: number, piece: Piece): readonly string[] {
  const isPart = piece.startS > 0 && piece.endS !== null;
  const interval = isPart ? ['-read_intervals', `${piece.startS}%${piece.endS}`] : [];
  const entries = 'frame=pts_time,width,height';
  return ['-skip_frame', 'nokey', '-select_streams', String(streamIndex), ...interval, '-show_entries', entries];
}

const numeric = z.coerce.number().finite().nullable().catch(null);
const framesSchema = z.object({
  frames: z.array(z.object({ pts_time: numeric, width: z.number(), height: z.number() })),
});

/** Reads ffprobe's JSON on the key frames of a piece, in the order of the file; null when it is of another shape. */
export function keyFrameFacts(json: unknown, { endS }: Piece, fileStartS: number): KeyFrameFacts | null {
  const parsed = framesSchema.safeParse(json);
  if (!parsed.success) return null;
  const { frames } = parsed.data;
  const timesS = frames.flatMap(({ pts_time: ptsS }) => (ptsS === null ? [] : [ptsS - fileStartS]));
  const stepsS = timesS.slice(1).map((atS, i) => atS - (timesS[i] ?? 0));
  const lastS = timesS.at(-1);
  const restS = lastS === undefined || endS === null ? [] : [endS - lastS];
  const gapsS = [...stepsS, ...restS];
  const isOneSize = frames.every(({ width, height }) => width === frames[0]?.width && height === frames[0].height);
  return {
    maxGapS: gapsS.length === 0 ? null : Math.round(Math.max(...gapsS) * 1000) / 1000,
    change: isOneSize ? (stepsS.some((stepS) => stepS < 0) ? 'times' : null) : 'size',
  };
}
