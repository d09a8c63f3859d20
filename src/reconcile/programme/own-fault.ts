import type { ItemFacts } from '../model/item.ts';
import type { Fetched, MediaTables } from '../model/observation.ts';
import type { MediaFailure } from '../model/reasons.ts';

export type FailedFacts = Extract<Fetched<ItemFacts>, { kind: 'failed' }>;

/** Whether the store fails, for whatever it is asked. Slow it may be for one object alone. */
export const isOfStore = ({ reason }: MediaFailure): boolean =>
  reason.startsWith('Storage') && reason !== 'StorageSlow';

/**
 * For so long an object fails while the store gives another, before that is the object's own fault: what was asked in an
 * outage may be answered after its end, by a request's two attempts of 3 and 4 s where nothing answers.
 */
const OWN_FAULT_AFTER_MS = { answered: 3_000, unanswered: 15_000 } as const;

/** Why an object is not to be had: as answered, but `MediaForbidden` where the store fails for it and gives another. */
export function causeOf({ facts }: MediaTables, { failure, atMs, sinceMs = atMs }: FailedFacts): MediaFailure {
  if (!isOfStore(failure)) return failure;
  const waitMs = OWN_FAULT_AFTER_MS[failure.reason === 'StorageUnreachable' ? 'unanswered' : 'answered'];
  if (atMs - sinceMs < waitMs) return failure;
  for (const other of facts.values()) {
    if (other.kind !== 'ok' || other.atMs < sinceMs || (other.sinceMs ?? other.atMs) > atMs - waitMs) continue;
    return { reason: 'MediaForbidden', message: `${failure.message}; it gives others, so upload this one anew` };
  }
  return failure;
}
