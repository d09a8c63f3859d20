/** What ffprobe says of a stream that decides whether it is the one to be played. */
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

/** Fewer pixels than this, either way, are no picture: chapter marks of audio books are such, and FFmpeg's deinterlacer refuses them. */
const LEAST_PIXELS = 3;

/** The first picture that can be seen; one of unknown size counts, as it is refused for that. */
export const meantToBeSeen = <T extends Track>(pictures: readonly T[]): T | undefined =>
  pictures.find(({ width, height }) => !isTiny(width) && !isTiny(height));

const isTiny = (pixels: number | null): boolean => pixels !== null && pixels > 0 && pixels < LEAST_PIXELS;

/** The default track, or the first; commentary and what describes the picture only where there is nothing else. */
export function meantToBeHeard<T extends Track>(sounds: readonly T[]): T | undefined {
  const main = sounds.filter(({ disposition }) => disposition.comment !== 1 && disposition.visual_impaired !== 1);
  return main.find(({ disposition }) => disposition.default === 1) ?? main[0] ?? sounds[0];
}

/** Sample entries of MP4 whose content is protected: common encryption, iTunes, Audible. */
const PROTECTED_TAGS = new Set(['encv', 'enca', 'drmi', 'drms', 'aavd']);

/** FFmpeg shows the codec beneath a protected entry, if that is told, and notes on the side that it is encrypted. */
export const isEncrypted = ({ codec_tag_string: tag, side_data_list: notes }: Track): boolean =>
  PROTECTED_TAGS.has(tag) || notes.some(isAboutEncryption);

/** `Encryption info` of packets, `Encryption initialization data` of streams (libavcodec/avpacket.c). */
export const isAboutEncryption = ({ side_data_type: type }: SideNote): boolean => type.startsWith('Encryption');
