import type { ItemFacts, LocalCopy } from '../../reconcile/model/item.ts';
import type { HouseFormat, ItemSpec, Treatment } from '../../reconcile/model/playout.ts';

/** The whole object, encoded as on air; `picture`: `copy` leaves that as it is. */
export function wholeItem(
  facts: ItemFacts,
  format: HouseFormat,
  backdrop: LocalCopy | null,
  picture: Treatment = 'transcode',
): ItemSpec {
  const lengthMs = facts.durationS === null ? null : Math.round(facts.durationS * 1000);
  const cursor = { round: 0, index: 0, key: facts.key, offsetMs: 0 };
  const part = { cursor, picture, sound: 'transcode', loops: 1, lengthMs, cut: false } as const;
  return { kind: 'item', facts, format, backdrop, clip: null, part };
}

/** As `wholeItem`, from a third of its length on if it lasts three samples or more: its middle is more typical than its beginning. */
export function sampledItem(facts: ItemFacts, format: HouseFormat, sampleS: number): ItemSpec {
  const whole = wholeItem(facts, format, null);
  const offsetMs = facts.durationS === null || facts.durationS < sampleS * 3 ? 0 : Math.round(facts.durationS * 333);
  return { ...whole, part: { ...whole.part, cursor: { ...whole.part.cursor, offsetMs } } };
}
