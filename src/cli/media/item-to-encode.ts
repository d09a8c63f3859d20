import type { ItemFacts, LocalCopy } from '../../reconcile/model/item.ts';
import type { HouseFormat, PlayoutSpec, Treatment } from '../../reconcile/model/playout.ts';

/** The whole of it, encoded as on air; `picture`: `copy` leaves that as it is. */
export function wholeItem(
  facts: ItemFacts,
  format: HouseFormat,
  backdrop: LocalCopy | null,
  picture: Treatment = 'transcode',
): ItemToEncode {
  const lengthMs = facts.durationS === null ? null : Math.round(facts.durationS * 1000);
  const cursor = { round: 0, index: 0, key: facts.key, offsetMs: 0 };
  const part = { cursor, picture, sound: 'transcode', loops: 1, lengthMs, cut: false } as const;
  return { kind: 'item', facts, format, backdrop, clip: null, part };
}

/** As `wholeItem`, from a third of it on, where it is like most of it, if it is long enough for a sample of so many seconds. */
export function sampledItem(facts: ItemFacts, format: HouseFormat, sampleS: number): ItemToEncode {
  const whole = wholeItem(facts, format, null);
  const offsetMs = facts.durationS === null || facts.durationS < sampleS * 3 ? 0 : Math.round(facts.durationS * 333);
  return { ...whole, part: { ...whole.part, cursor: { ...whole.part.cursor, offsetMs } } };
}

type ItemToEncode = Extract<PlayoutSpec, { kind: 'item' }>;
