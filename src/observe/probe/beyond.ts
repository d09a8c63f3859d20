import { type CueFacts, readCues } from './container/mkv-cues.ts';
import type { ReadBytes } from './container/mp4-boxes.ts';
import { readIndex } from './container/mp4-index.ts';
import { keyFrameArgs, keyFrameFacts, type KeyFrameFacts, piecesOf } from './key-frames.ts';
import type { ProbeOutput } from './output.ts';
import type { ProbeRun } from './process.ts';
import { hasTables } from '../../reconcile/playout/copy-decision.ts';

/** So many seconds at the beginning have all their packets looked at. */
export const FIRST_S = 30;
/** Matroska counts in milliseconds. */
const CUE_TOLERANCE_S = 0.01;

/** How an object can be read. */
export interface Readers {
  /** Runs ffprobe on it with these options. */
  readonly probe: (args: readonly string[]) => Promise<ProbeRun>;
  readonly read: ReadBytes;
}

/** What was found beyond the first seconds of the picture. */
export interface Beyond {
  readonly found: readonly KeyFrameFacts[];
  /** The cues of a large Matroska file; null = there are none. */
  readonly cues: CueFacts | null;
}

/**
 * Looks beyond the first seconds, for what may change there: key frames that come more seldom, or another recording that was
 * appended by `cat`. Only of H.264, as nothing else is copied. A look that fails or takes too long finds nothing.
 */
export async function lookBeyond(sizeBytes: number, output: ProbeOutput, { probe, read }: Readers): Promise<Beyond> {
  const { video, audio, durationS, startTimeS, formatName } = output;
  if (video?.codec !== 'h264') return { found: [], cues: null };
  const isMp4 = hasTables(output);
  // All packets of a short MP4 are looked at, and its parameter sets stand in its tables, usually once.
  const isShort = isMp4 && durationS !== null && durationS <= FIRST_S;
  const pieces = isShort ? [] : piecesOf(sizeBytes, durationS);
  // The index of an MP4 tells of its sound; and to read both streams where they lie apart would take thousands of requests.
  const tracks = { video: video.index, audio: audio?.index ?? null };
  const streams = isMp4 ? { ...tracks, audio: null } : tracks;
  const looked = pieces.map(async (piece): Promise<readonly KeyFrameFacts[]> => {
    const run = await probe(keyFrameArgs(streams, piece, startTimeS ?? 0));
    const facts = run.kind === 'ok' ? keyFrameFacts(run.json, streams, piece, startTimeS ?? 0) : null;
    if (facts === null) return [];
    return [run.kind === 'ok' && run.complained ? { ...facts, change: 'damage' } : facts];
  });
  const isMatroska = formatName.split(',').includes('matroska');
  const isSeenWhole = pieces.some(({ startS }) => startS === 0);
  const [index, cues, ...seen] = await Promise.all([
    isMp4 ? readIndex(read, sizeBytes, tracks).catch(() => null) : null,
    isMatroska && !isSeenWhole ? readCues(read, video.index, FIRST_S).catch(() => null) : null,
    ...looked,
  ]);
  return { found: [...(index === null ? [] : [index]), ...seen.flat()], cues };
}

/**
 * What was found, with the cues if they can be trusted: cues that leave out key frames in the first seconds, whose longest
 * distance is known, say nothing of the rest.
 */
export function withCues({ found, cues }: Beyond, firstGapS: number): readonly KeyFrameFacts[] {
  if (cues === null || cues.firstGapS > firstGapS + CUE_TOLERANCE_S) return found;
  return [...found, { maxGapS: cues.maxGapS, change: null, soundStepS: 0 }];
}
