import { QUIET } from './media-input.ts';
import { BACKDROP_FD, endlessPicture, type Filters, pictureInput, videoEncoder } from './picture-argv.ts';
import type { LocalCopy } from '../../reconcile/model/item.ts';
import type { HouseClip, HouseFormat } from '../../reconcile/model/playout.ts';
import { clipFrameAt, clipFrames, clipGopFrames } from '../../reconcile/playout/clip.ts';
import { LONGEST_RUN_MS } from '../../reconcile/playout/spec.ts';

/** The descriptor on which the list of a clip's turns is passed, after that of the progress. */
const CLIP_LIST_FD = 8;

/**
 * The arguments of the FFmpeg that brings a picture or clip into house format; what it reads is passed as `BACKDROP_FD`.
 * A clip of unknown length ends at `atMostBytes`. Key frames carry their parameters, as in an item that is encoded on
 * air. One thread: it must never need more than one core. Pure.
 */
export function clipArgv(
  copy: LocalCopy | null,
  format: HouseFormat,
  filters: Filters,
  { path, atMostBytes }: { readonly path: string; readonly atMostBytes: number },
): readonly string[] {
  const frames = clipFrames(copy, format);
  return [
    ...[...QUIET, '-progress', 'pipe:1'],
    ...['-filter_threads', '1', '-threads', '1', ...pictureInput(format, copy, frames !== null), '-map', '0:v:0'],
    ...['-vf', endlessPicture(format, copy, filters)],
    ...videoEncoder(format, { gopFrames: clipGopFrames(format), bFrames: 0 }),
    ...['-threads', '1', '-bsf:v', 'dump_extra=freq=keyframe'],
    ...(frames === null ? [] : ['-frames:v', String(frames)]),
    ...['-fs', String(Math.round(atMostBytes)), '-map_metadata', '-1', '-f', 'mp4', '-y', `file:${path}`],
  ];
}

/** Input options for a clip without end, passed as `BACKDROP_FD`, by the list of its turns. */
export const clipInput = (): readonly string[] => [
  ...['-f', 'concat', '-safe', '0', '-protocol_whitelist', 'file'],
  ...['-i', `file:/proc/self/fd/${CLIP_LIST_FD}`],
];

/**
 * The turns of a clip, enough for the longest run; the first begins where the clip is at that moment. A list, because
 * `-stream_loop` with `-ss` gives all packets before that place the same time stamp in every later turn (FFmpeg 5.1).
 */
export function clipList(clip: HouseClip, seenAtWallMs: number): string {
  const fromS = clipFrameAt(clip, seenAtWallMs) / clip.fps;
  // Rounded up: a microsecond before a key frame means the key frame before it.
  const inpoint = `inpoint ${(Math.ceil(fromS * 1e6) / 1e6).toFixed(6)}`;
  const turns = Math.ceil(LONGEST_RUN_MS / 1000 / (clip.frames / clip.fps));
  return listOf([TURN, inpoint, ...turnsOf(turns)]);
}

/** Six days of turns of ten seconds; after that another run takes the slate's place. */
const SLATE_TURNS = 50_000;

/** The turns of a slate, from its beginning. A list, because after the first turn of `-stream_loop` a bitstream filter takes no more packets. */
export const slateList = (): string => listOf(turnsOf(SLATE_TURNS));

const TURN = `file 'file:/proc/self/fd/${BACKDROP_FD}'`;
const turnsOf = (length: number): readonly string[] => Array.from({ length }, () => TURN);
const listOf = (lines: readonly string[]): string => `${['ffconcat version 1.0', ...lines].join('\n')}\n`;
