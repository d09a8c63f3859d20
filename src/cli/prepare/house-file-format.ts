import type { ItemFacts } from '../../reconcile/model/item.ts';
import type { HouseFormat } from '../../reconcile/model/playout.ts';
import { fingerprint } from '../../reconcile/playout/hashes.ts';
import { HOUSE_AUDIO } from '../../reconcile/playout/house-format.ts';

/** Where a prepared item goes unless told: beside the original, under a name that says what it is, and never over the original. */
export function houseKey(key: string): string {
  const slash = key.lastIndexOf('/') + 1;
  const dot = key.lastIndexOf('.');
  const stem = dot > slash ? key.slice(0, dot) : key;
  return `${stem}.house.mp4`;
}

/**
 * The format that a file is encoded in. x264 begins with a full rate buffer and spends it on top of the bitrate (measured:
 * 0.35 s worth). In a file of some seconds that is more than `decideCopy` tolerates, so a short one gets a lower bitrate.
 */
export function fileFormat({ durationS }: ItemFacts, format: HouseFormat): HouseFormat {
  if (durationS === null || durationS <= 0 || durationS >= SHORT_BELOW_S) return format;
  return { ...format, videoBitrateKbps: Math.floor((format.videoBitrateKbps * durationS) / (durationS + BUFFERED_S)) };
}

const SHORT_BELOW_S = 20;
const BUFFERED_S = 0.5;

/** The most bytes the file will take, its container included; null = the length is not known. */
export function houseFileBytes({ durationS, video }: ItemFacts, format: HouseFormat): number | null {
  const lengthS = video?.still === true ? STILL_S : durationS;
  if (lengthS === null) return null;
  const kbps = format.videoBitrateKbps + HOUSE_AUDIO.bitrateKbps;
  return Math.ceil(((kbps * 1000) / 8) * 1.05 * (lengthS + 2));
}

/** A still picture is shown for so long, as on air. */
const STILL_S = 10;

/** Left free on the disk, which may be the daemon's own. */
export const SPACE_RESERVE_BYTES = 256 * 1024 * 1024;

/** Name of the finished file: the same for the same original in the same format, so that its upload can be taken up again. */
export const workName = (facts: ItemFacts, format: HouseFormat, backdrop: ItemFacts | null): string => {
  const { key, version } = facts;
  const behind = backdrop === null ? null : { key: backdrop.key, version: backdrop.version };
  return `house-${fingerprint({ key, version, format, behind })}.mp4`;
};
