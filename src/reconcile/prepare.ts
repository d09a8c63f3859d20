import type { ItemFacts, LocalCopy } from './model/item.ts';
import type { HouseFormat, PlayoutSpec } from './model/playout.ts';
import { fingerprint } from './playout/hashes.ts';
import { HOUSE_AUDIO } from './playout/house-format.ts';

/**
 * Where a prepared item goes unless told: beside the original, so that it is found, under a name that says what it is,
 * and never over the original.
 */
export function houseKey(key: string): string {
  const slash = key.lastIndexOf('/') + 1;
  const dot = key.lastIndexOf('.');
  const stem = dot > slash ? key.slice(0, dot) : key;
  return `${stem}.house.mp4`;
}

/**
 * The encoder's buffer is full when it begins: what it holds is spent on top, which over some seconds is more than the
 * tolerance of the verdict (measured: 0.35 s of the rate). A short file is therefore encoded at a little less.
 */
export function fileFormat({ durationS }: ItemFacts, format: HouseFormat): HouseFormat {
  if (durationS === null || durationS <= 0 || durationS >= SHORT_BELOW_S) return format;
  return { ...format, videoBitrateKbps: Math.floor((format.videoBitrateKbps * durationS) / (durationS + BUFFERED_S)) };
}

const SHORT_BELOW_S = 20;
const BUFFERED_S = 0.5;

/** Bytes the file will take at most, with what its container adds; null = the length is not known. */
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

/** The whole of it, encoded as on air. */
export function wholeItem(facts: ItemFacts, format: HouseFormat, backdrop: LocalCopy | null): ItemToEncode {
  const lengthMs = facts.durationS === null ? null : Math.round(facts.durationS * 1000);
  const cursor = { round: 0, index: 0, key: facts.key, offsetMs: 0 };
  return { kind: 'item', facts, format, backdrop, part: { cursor, mode: 'transcode', loops: 1, lengthMs, cut: false } };
}

/** As `wholeItem`, from a third of it on, where it is like most of it, if it is long enough for a sample of so many seconds. */
export function sampledItem(facts: ItemFacts, format: HouseFormat, sampleS: number): ItemToEncode {
  const whole = wholeItem(facts, format, null);
  const offsetMs = facts.durationS === null || facts.durationS < sampleS * 3 ? 0 : Math.round(facts.durationS * 333);
  return { ...whole, part: { ...whole.part, cursor: { ...whole.part.cursor, offsetMs } } };
}

type ItemToEncode = Extract<PlayoutSpec, { kind: 'item' }>;
