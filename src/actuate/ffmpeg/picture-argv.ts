import { BOUNDED_PICTURE } from './media-input.ts';
import type { LocalCopy } from '../../reconcile/model/item.ts';
import type { HouseFormat } from '../../reconcile/model/playout.ts';
import { LOCAL_MEDIA_PROTOCOLS, MEDIA_FORMAT_WHITELIST } from '../../reconcile/playout/allowed-media.ts';
import { HOUSE_GOP_S } from '../../reconcile/playout/house-format.ts';

/** Colour of the built-in slate: a dark blue, so that nobody takes it for a black screen. */
const SLATE_COLOUR = '0x16324f';

/** The descriptor a slate or visual is passed on. */
export const BACKDROP_FD = 5;

/** A picture or clip that never ends: the copy on this machine, or one colour. */
export function pictureInput({ width, height, fps }: HouseFormat, copy: LocalCopy | null): readonly string[] {
  if (copy === null) return ['-f', 'lavfi', '-i', `color=c=${SLATE_COLOUR}:s=${width}x${height}:r=${fps}`];
  const { formatName, video } = copy.facts;
  // A still picture is decoded anew once a minute, so that it is there again where FFmpeg makes its filters anew.
  const still = formatName.endsWith('_pipe') ? ['-framerate', '1/60'] : [];
  const loop = video?.still === true && still.length === 0 ? [] : ['-stream_loop', '-1', ...still];
  const allowed = ['-format_whitelist', MEDIA_FORMAT_WHITELIST, '-protocol_whitelist', LOCAL_MEDIA_PROTOCOLS];
  return [...loop, ...allowed, ...BOUNDED_PICTURE, '-i', `file:/proc/self/fd/${BACKDROP_FD}`];
}

/**
 * Any picture into the house frame: bars where its shape differs, never a stretch. The first picture is shown from the
 * very beginning. `endless`: the last one stands for ever.
 */
export function videoFilter({ width, height, fps }: HouseFormat, endless: boolean): string {
  const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`;
  const bars = `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`;
  const hold = endless ? ['tpad=stop=-1:stop_mode=clone'] : [];
  return [
    'yadif=deint=interlaced',
    'scale=iw*sar:ih',
    fit,
    bars,
    'setsar=1',
    'format=yuv420p',
    ...hold,
    `fps=${fps}:start_time=0`,
  ].join(',');
}

/**
 * H.264 as YouTube recommends it: CBR (with filler, so that every item's pipe is equally deep in seconds), closed GOPs
 * of 2 s, 2 B-frames, CABAC, one reference (support.google.com/youtube/answer/2853702).
 */
export function videoEncoder({ fps, videoBitrateKbps }: HouseFormat, preset = 'veryfast'): readonly string[] {
  const rate = `${videoBitrateKbps}k`;
  const gop = String(Math.round(fps * HOUSE_GOP_S));
  return [
    ['-c:v', 'libx264', '-preset', preset, '-profile:v', 'high', '-pix_fmt', 'yuv420p'],
    ['-r', String(fps), '-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-flags', '+cgop'],
    ['-bf', '2', '-refs', '1', '-coder', '1'],
    ['-b:v', rate, '-minrate', rate, '-maxrate', rate, '-bufsize', rate, '-x264-params', 'nal-hrd=cbr:force-cfr=1'],
  ].flat();
}
