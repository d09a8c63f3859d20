import type { VideoFacts } from '../model/item.ts';

/** The matrix by which a picture's numbers become red, green and blue. */
export type Matrix = 'rgb' | 'bt709' | 'bt601' | 'bt2020';

const MATRICES: Readonly<Record<string, Matrix>> = {
  gbr: 'rgb',
  bt709: 'bt709',
  bt470bg: 'bt601',
  smpte170m: 'bt601',
  bt2020nc: 'bt2020',
  bt2020c: 'bt2020',
};

/** From this size on a picture is HD. Players take untagged HD for BT.709 and untagged SD for BT.601 (mpv, `mp_csp_guess`). */
const SD_WIDTH = 1_280;
const SD_HEIGHT = 576;

/** The matrix by the tag, or as players assume it. Still pictures are BT.601 of any size, as in JPEG and WebP. */
export function matrixOf({ pixelFormat, width, height, still, colours }: VideoFacts): Matrix {
  if (/rgb|bgr|gbr|pal8/.test(pixelFormat)) return 'rgb';
  const tagged = MATRICES[colours?.matrix ?? ''];
  if (tagged !== undefined && tagged !== 'rgb') return tagged;
  return !still && (width >= SD_WIDTH || height > SD_HEIGHT) ? 'bt709' : 'bt601';
}

/** The HDR transfer functions by FFmpeg's names: SMPTE ST 2084 and ARIB STD-B67 (ITU-R BT.2100). */
const HDR: Readonly<Record<string, Hdr>> = { smpte2084: 'PQ', 'arib-std-b67': 'HLG' };

type Hdr = 'PQ' | 'HLG';

/** null = the picture is SDR, or not tagged. */
export const hdrOf = (video: VideoFacts | null): Hdr | null => HDR[video?.colours?.transfer ?? ''] ?? null;

/** Why these colours cannot be copied beside items in BT.709 of limited range. */
export function colourFaults(video: VideoFacts): string[] {
  const { range = null, matrix = null, primaries = null } = video.colours ?? {};
  const hdr = hdrOf(video);
  return [
    ...(hdr === null ? [] : [`HDR (${hdr}), wished SDR`]),
    ...(range === 'pc' ? ['colours in full range, wished limited'] : []),
    ...(matrix === null || matrix === 'bt709' ? [] : [`colours by ${matrix}, wished bt709`]),
    ...(primaries === 'bt2020' && matrix === 'bt709' ? ['primaries of bt2020, wished bt709'] : []),
  ];
}
