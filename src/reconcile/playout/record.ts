import type { ItemFacts } from '../model/item.ts';
import type { HouseFormat, PlayoutSpec, Treatment } from '../model/playout.ts';
import type { PlayoutRecord } from '../model/run.ts';
import { modeOf } from './copy-decision.ts';
import { frameOf, HOUSE_AUDIO } from './house-format.ts';

/** What the run says of itself to later daemons. `seenAtWallMs`: when its first picture is to be seen. */
export function recordOf(spec: PlayoutSpec, seenAtWallMs?: number): PlayoutRecord {
  const frame = frameOf(spec.format);
  if (spec.kind === 'slate') return { kind: 'slate', frame };
  const { cursor, picture, sound, lengthMs } = spec.part;
  const durationMs = spec.facts.durationS === null ? null : Math.round(spec.facts.durationS * 1000);
  return {
    kind: 'item',
    key: spec.facts.key,
    version: spec.facts.version,
    round: cursor.round,
    index: cursor.index,
    offsetMs: cursor.offsetMs,
    durationMs,
    lengthMs,
    mode: modeOf(spec.part),
    // Only where one word does not tell: the record of any other run is as it always was.
    ...(picture === sound ? {} : { picture, sound }),
    rateKbps: rateOf(spec.facts, spec.clip === null ? picture : 'transcode', spec.format),
    frame,
    ...(spec.clip === null || seenAtWallMs === undefined ? {} : { seenAtWallMs }),
  };
}

/** A transcode has the house rate, and so has a clip; a copy its own, by its size where its container does not tell, or what it is filled up to. */
function rateOf(facts: ItemFacts, picture: Treatment, format: HouseFormat): number {
  const houseKbps = format.videoBitrateKbps + HOUSE_AUDIO.bitrateKbps;
  if (picture === 'transcode') return houseKbps;
  const paddedKbps = paddedRateKbps(facts, format);
  if (paddedKbps !== null) return paddedKbps;
  if (facts.durationS !== null && facts.durationS > 0)
    return Math.max(1, (facts.sizeBytes * 8) / facts.durationS / 1000);
  return houseKbps;
}

/**
 * Pipes hold bytes, not seconds: what is copied at a far lower rate than wished is filled up with null packets, which
 * the uplink drops, so that a swap is not delayed by what still stands in the pipes. Only with much headroom, as a
 * muxrate below an item's peaks floods the log. null = it is left as it is.
 */
export function paddedRateKbps(facts: ItemFacts, format: HouseFormat): number | null {
  const kbps = facts.video?.bitrateKbps ?? null;
  return kbps === null || kbps * 4 > format.videoBitrateKbps ? null : Math.round(format.videoBitrateKbps * 1.2);
}
