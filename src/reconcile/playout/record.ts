import type { ItemFacts } from '../model/item.ts';
import type { HouseFormat, PlayoutSpec, Treatment } from '../model/playout.ts';
import type { PlayoutRecord } from '../model/run.ts';
import { modeOf } from './copy-decision.ts';
import { frameOf, HOUSE_AUDIO } from './house-format.ts';

/** The record that a run carries for later daemons. `seenAtWallMs`: when its first picture is expected on air. */
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
    // Only where `mode` does not say both, so that other records stay as earlier versions wrote them.
    ...(picture === sound ? {} : { picture, sound }),
    rateKbps: rateOf(spec.facts, spec.clip === null ? picture : 'transcode', spec.format),
    frame,
    ...(spec.clip === null || seenAtWallMs === undefined ? {} : { seenAtWallMs }),
  };
}

/** kbit/s. A transcode and a clip have the house rate; a copy has the rate it is padded to, else its mean rate. */
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
 * The rate to which a copy is padded with null packets, which the uplink drops; null = it is not padded. Pipes hold bytes, not
 * seconds, so what is left in them of a low rate would delay a swap. Only copies below a quarter of the desired rate, since
 * a muxrate below an item's peaks floods the log.
 */
export function paddedRateKbps(facts: ItemFacts, format: HouseFormat): number | null {
  const kbps = facts.video?.bitrateKbps ?? null;
  return kbps === null || kbps * 4 > format.videoBitrateKbps ? null : Math.round(format.videoBitrateKbps * 1.2);
}
