import { BOUNDED_PICTURE, generated } from './media-input.ts';
import type { ItemFacts, LocalCopy, VideoFacts } from '../../reconcile/model/item.ts';
import type { Toolchain } from '../../reconcile/model/observation.ts';
import type { HouseFormat } from '../../reconcile/model/playout.ts';
import { LOCAL_MEDIA_PROTOCOLS, MEDIA_FORMAT_WHITELIST } from '../../reconcile/playout/allowed-media.ts';
import { hdrOf, type Matrix, matrixOf } from '../../reconcile/playout/colours.ts';
import { HOUSE_GOP_S } from '../../reconcile/playout/house-format.ts';

/** Colour of the built-in slate: a dark blue, so that nobody takes it for a black screen. */
const SLATE_COLOUR = '0x16324f';

/** The descriptor a slate or visual is passed on. */
export const BACKDROP_FD = 5;

/** The item's picture among its streams: covers do not count. */
export const pictureOf = ({ video }: ItemFacts): string => `0:V:${video?.track ?? 0}`;

/** A picture or clip that never ends, unless told otherwise: the copy on this machine, or one colour. */
export function pictureInput(
  { width, height }: HouseFormat,
  copy: LocalCopy | null,
  endless = true,
): readonly string[] {
  if (copy === null) return generated(`color=c=${SLATE_COLOUR}:s=${width}x${height}:r=${STILL_FPS},format=gbrp`);
  const { formatName, video } = copy.facts;
  const still = formatName.endsWith('_pipe') ? ['-framerate', STILL_FPS] : [];
  const once = !endless || (video?.still === true && still.length === 0);
  const loop = once ? [] : ['-stream_loop', '-1', ...still];
  const allowed = ['-format_whitelist', MEDIA_FORMAT_WHITELIST, '-protocol_whitelist', LOCAL_MEDIA_PROTOCOLS];
  return [...loop, ...allowed, ...BOUNDED_PICTURE, '-i', `file:/proc/self/fd/${BACKDROP_FD}`];
}

/** A still picture is read again once a minute, so that it comes back after FFmpeg has made its filters anew. */
const STILL_FPS = '1/60';

/** Filters that not every build of FFmpeg has. */
export type Filters = Pick<Toolchain & { readonly kind: 'ready' }, 'toneMapping'>;

/** Those that this FFmpeg has; none while that is not known. */
export const filtersOf = (toolchain: Toolchain): Filters => ({
  toneMapping: toolchain.kind === 'ready' && toolchain.toneMapping,
});

/**
 * Any picture into the house frame: bars where its shape differs, never a stretch. The first picture is shown from the
 * very beginning. `video`: null = the built-in colour. `endless`: the last picture stands for ever.
 */
export function videoFilter(
  { width, height, fps }: HouseFormat,
  video: VideoFacts | null,
  endless: boolean,
  filters: Filters,
): string {
  const matrix = video === null ? 'rgb' : matrixOf(video);
  // `dar` counts pixels that are not square. 0.01 makes up for what the division loses, so that no edge is cut by it.
  const [w, h] = [`min(${width},${height}*dar)`, `min(${height},${width}/dar)`].map(
    (edge) => `2*max(1,floor(${edge}/2+0.01))`,
  );
  const hold = endless ? ['tpad=stop=-1:stop_mode=clone'] : [];
  return [
    // yadif takes no packed RGB: FFmpeg would convert it by a matrix of its own choice.
    ...(matrix === 'rgb' ? [] : ['yadif=deint=interlaced']),
    ...inBt709(`scale=w='${w}':h='${h}'`, matrix, video, filters),
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
    'setsar=1',
    BT709_TAGS,
    ...hold,
    `fps=${fps}:start_time=0`,
  ].join(',');
}

/** Scaled, and then in BT.709, limited range, 8 bit. */
function inBt709(scale: string, matrix: Matrix, video: VideoFacts | null, filters: Filters): readonly string[] {
  if (video !== null && hdrOf(video) !== null && filters.toneMapping) return toneMapped(scale, video);
  const toYuv = matrix === 'rgb' ? ':out_color_matrix=bt709' : '';
  return [`${scale}${toYuv}:out_range=tv`, 'format=yuv420p', ...TO_BT709[matrix]];
}

/**
 * HDR into SDR. Reference white is 203 cd/m² (ITU-R BT.2408): darker tones keep their light, brighter ones are compressed
 * into the rest of the range. Scaled first, as this takes more of the processor than the encode.
 */
const toneMapped = (scale: string, { colours }: VideoFacts): readonly string[] => [
  scale,
  'format=yuv420p10le',
  `zscale=tin=${colours?.transfer}:min=bt2020nc:pin=bt2020:rin=${colours?.range === 'pc' ? 'full' : 'limited'}` +
    ':t=linear:m=gbr:p=bt709:npl=203',
  'format=gbrpf32le',
  'tonemap=mobius:desat=0',
  'zscale=t=bt709:m=bt709:p=bt709:r=limited',
  'format=yuv420p',
];

/** A slate or visual, for as long as it is needed; null = the built-in colour. */
export function endlessPicture(format: HouseFormat, copy: LocalCopy | null, filters: Filters): string {
  const video = copy?.facts.video ?? null;
  return videoFilter(format, video, video?.still ?? true, filters);
}

/** Converts colours after scaling, by `colorspace`: `scale` would go by way of RGB and cost 5 % more of an encode (measured). */
const TO_BT709: Readonly<Record<Matrix, readonly string[]>> = {
  rgb: [],
  bt709: [],
  bt601: ['colorspace=all=bt709:iall=bt709:ispace=bt470bg:irange=tv:range=tv:fast=1'],
  bt2020: ['colorspace=all=bt709:iall=bt2020:irange=tv:range=tv'],
};

/** Tags everything that is encoded alike: players guess the colours of an untagged picture by its size. */
export const BT709_TAGS = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709';

/** What one picture may be encoded with in place of the defaults. */
interface EncoderChoices {
  readonly preset?: string;
  readonly gopFrames?: number;
  readonly bFrames?: number;
}

/**
 * H.264 as YouTube recommends it: CBR (with filler, so that every item's pipe is equally deep in seconds), closed GOPs
 * of 2 s, 2 B-frames, CABAC, one reference (support.google.com/youtube/answer/2853702).
 */
export function videoEncoder(
  { fps, videoBitrateKbps }: HouseFormat,
  { preset = 'veryfast', gopFrames = Math.round(fps * HOUSE_GOP_S), bFrames = 2 }: EncoderChoices = {},
): readonly string[] {
  const rate = `${videoBitrateKbps}k`;
  const gop = String(gopFrames);
  return [
    ['-c:v', 'libx264', '-preset', preset, '-profile:v', 'high', '-pix_fmt', 'yuv420p'],
    ['-r', String(fps), '-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-flags', '+cgop'],
    ['-bf', String(bFrames), '-refs', '1', '-coder', '1'],
    ['-b:v', rate, '-minrate', rate, '-maxrate', rate, '-bufsize', rate, '-x264-params', 'nal-hrd=cbr:force-cfr=1'],
  ].flat();
}
