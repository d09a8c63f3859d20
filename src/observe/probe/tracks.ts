/** What ffprobe says of a stream, as far as it decides whether the stream is played. */
interface Track {
  readonly codec_tag_string: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly disposition: {
    readonly default?: number | null | undefined;
    readonly comment?: number | null | undefined;
    readonly visual_impaired?: number | null | undefined;
  };
  readonly side_data_list: readonly SideNote[];
}

interface SideNote {
  readonly side_data_type: string;
}

/** A picture has at least this many pixels a side. Chapter marks of audio books have fewer, and FFmpeg's deinterlacer refuses them. */
const LEAST_PIXELS = 3;

/** The first picture large enough to be seen. One of unknown size counts: it is refused for that later. */
export const meantToBeSeen = <T extends Track>(pictures: readonly T[]): T | undefined =>
  pictures.find(({ width, height }) => !isTiny(width) && !isTiny(height));

const isTiny = (pixels: number | null): boolean => pixels !== null && pixels > 0 && pixels < LEAST_PIXELS;

/** The default track, else the first; commentary and audio description only where there is nothing else. */
export function meantToBeHeard<T extends Track>(sounds: readonly T[]): T | undefined {
  const main = sounds.filter(({ disposition }) => disposition.comment !== 1 && disposition.visual_impaired !== 1);
  return main.find(({ disposition }) => disposition.default === 1) ?? main[0] ?? sounds[0];
}

/** Sample entries of MP4 whose content is protected: common encryption, iTunes, Audible. */
const PROTECTED_TAGS = new Set(['encv', 'enca', 'drmi', 'drms', 'aavd']);

/** Whether a stream is encrypted: FFmpeg may show the codec beneath a protected entry, with side data about the encryption. */
export const isEncrypted = ({ codec_tag_string: tag, side_data_list: notes }: Track): boolean =>
  PROTECTED_TAGS.has(tag) || notes.some(isAboutEncryption);

/** `Encryption info` of packets, `Encryption initialization data` of streams (libavcodec/avpacket.c). */
export const isAboutEncryption = ({ side_data_type: type }: SideNote): boolean => type.startsWith('Encryption');
