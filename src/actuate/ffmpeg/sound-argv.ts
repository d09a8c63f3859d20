import type { ItemFacts } from '../../reconcile/model/item.ts';
import { HOUSE_AUDIO } from '../../reconcile/playout/house-format.ts';

/** More than a frame of any rate that is worth watching, and than an encoder holds back. */
export const SPARE_S = 0.6;

/** Gaps and overlaps in the sound are evened out, so that it stays with the picture. */
export const AUDIO_FILTER = 'aresample=async=1000:first_pts=0';

/** Silence where the sound ends before the picture. Without a picture the sound is what ends the item. */
export function audioFilter({ video, durationS }: ItemFacts): string {
  if (video === null || video.still)
    return durationS === null ? AUDIO_FILTER : `${AUDIO_FILTER},apad=pad_dur=${SPARE_S}`;
  return `${AUDIO_FILTER},apad`;
}

export const silenceInput = (): readonly string[] => [
  '-f',
  'lavfi',
  '-i',
  `anullsrc=r=${HOUSE_AUDIO.sampleRateHz}:cl=stereo`,
];

export const audioEncoder = (): readonly string[] => [
  '-c:a',
  HOUSE_AUDIO.codec,
  '-profile:a',
  'aac_low',
  '-b:a',
  `${HOUSE_AUDIO.bitrateKbps}k`,
  '-ar',
  String(HOUSE_AUDIO.sampleRateHz),
  '-ac',
  String(HOUSE_AUDIO.channels),
];
