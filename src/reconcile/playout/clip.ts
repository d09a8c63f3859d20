import type { LocalCopy } from '../model/item.ts';
import type { HouseClip, HouseFormat } from '../model/playout.ts';
import { fingerprint } from './hashes.ts';

/** From one key frame of a clip to the next. A song begins at the nearest one, so its place is off by half of this at most. */
const CLIP_GOP_S = 1;
/** A clip is at least this long, by repetition where need be: under a song it is a list of repetitions. */
const SHORTEST_CLIP_S = 10;

/** Names the clip of this source in this format: another version or format is another clip. */
export const clipId = (copy: LocalCopy | null, format: HouseFormat): string =>
  fingerprint({ key: copy?.facts.key ?? null, version: copy?.facts.version ?? null, format });

export const clipGopFrames = ({ fps }: HouseFormat): number => Math.max(1, Math.round(fps * CLIP_GOP_S));

/**
 * How many frames the clip is to have: whole rounds of a moving source, ten seconds of a still picture. null = the source's
 * length is not known, so it is played once to its end.
 */
export function clipFrames(copy: LocalCopy | null, { fps }: HouseFormat): number | null {
  if (copy === null || copy.facts.video?.still === true) return Math.round(SHORTEST_CLIP_S * fps);
  const { durationS } = copy.facts;
  if (durationS === null || durationS <= 0) return null;
  return Math.max(1, Math.round(durationS * Math.ceil(SHORTEST_CLIP_S / durationS) * fps));
}

/** Whether this source has sound when it is the slate. A still picture is silent. */
export const soundsAsSlate = (source: LocalCopy | null): boolean =>
  source !== null && source.facts.audio !== null && source.facts.video?.still === false;

/** The place in the source's clip at that moment; 0 where its length is not known. */
export function clipPlaceMs(copy: LocalCopy | null, format: HouseFormat, wallMs: number): number {
  const frames = clipFrames(copy, format);
  return frames === null ? 0 : wallMs % ((frames / format.fps) * 1_000);
}

/**
 * The key frame of the clip at which a song begins that is on air from this moment on. The place follows from the clock
 * alone, so the clip goes on over songs, resumes and restarts.
 */
export function clipFrameAt({ fps, frames, gopFrames }: HouseClip, wallMs: number): number {
  const now = Math.floor((wallMs / 1000) * fps) % frames;
  const nearest = Math.round(now / gopFrames) * gopFrames;
  return nearest < frames ? nearest : 0;
}
