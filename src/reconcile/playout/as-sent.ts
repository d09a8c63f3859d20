import type { Encode } from '../model/desired.ts';
import type { ItemFacts } from '../model/item.ts';
import type { HouseFormat } from '../model/playout.ts';
import type { ItemRecord, SentPackets } from '../model/run.ts';
import { decideCopy } from './copy-decision.ts';

/** Larger objects are inspected in some places only: their bytes come from the store, and the item waits meanwhile. */
export const WHOLE_LOOK_BYTES = 32 * 1024 * 1024;

/** Whether all of the object was inspected before the item was played. */
export const wasSeenWhole = ({ sizeBytes }: Pick<ItemFacts, 'sizeBytes'>): boolean => sizeBytes <= WHOLE_LOOK_BYTES;

/**
 * An item's facts, corrected by the packets it sent while it was copied: where they show what a copy cannot carry, the item
 * is encoded from then on. null = the correction would not change how the item is played.
 */
export function factsAsSent(
  facts: ItemFacts,
  sent: SentPackets,
  { durationMs, lengthMs }: ItemRecord,
  format: HouseFormat,
  encode: Encode,
): ItemFacts | null {
  const { video, audio } = facts;
  if (video === null) return null;
  // At each repetition the shorter stream has a pause, which the copy decision has allowed for.
  const isLoop = durationMs !== null && lengthMs !== null && lengthMs > durationMs;
  const pictureStepS = isLoop ? 0 : sent.pictureStepS;
  const soundStepS = isLoop ? 0 : sent.soundStepS;
  const mended: ItemFacts = {
    ...facts,
    video: {
      ...video,
      maxKeyframeGapS: Math.max(video.maxKeyframeGapS ?? 0, sent.keyframeGapS),
      longestPauseS: Math.max(video.longestPauseS ?? 0, pictureStepS),
      hasBFrames: Math.max(video.hasBFrames, sent.reorderFrames),
      change: sent.parametersChange ? 'parameters' : video.change,
    },
    audio: audio === null ? null : { ...audio, longestPauseS: Math.max(audio.longestPauseS ?? 0, soundStepS) },
  };
  const before = decideCopy(facts, format, encode);
  const after = decideCopy(mended, format, encode);
  if (before.picture === after.picture && before.sound === after.sound) return null;
  const news = after.reasons.filter((reason) => !before.reasons.includes(reason));
  return { ...mended, contradicted: news.join(', ') };
}
