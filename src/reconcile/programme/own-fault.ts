import type { ItemFacts } from '../model/item.ts';
import type { Fetched, MediaTables } from '../model/observation.ts';
import type { MediaFailure } from '../model/reasons.ts';

export type FailedFacts = Extract<Fetched<ItemFacts>, { kind: 'failed' }>;

/** Whether the store as a whole fails. `StorageSlow` may concern one object alone. */
export const isOfStore = ({ reason }: MediaFailure): boolean =>
  reason.startsWith('Storage') && reason !== 'StorageSlow';

/**
 * How long an object must have failed, while the store gives another, before the object itself is to blame. A request made in
 * an outage may fail after its end: where nothing answers it takes two attempts of 3 and 4 s.
 */
const OWN_FAULT_AFTER_MS = { answered: 3_000, unanswered: 15_000 } as const;

/** Why an object cannot be played: as answered, but `MediaForbidden` where the store fails for it and gives another. */
export function causeOf(
  key: string,
  { facts }: MediaTables,
  { failure, atMs, sinceMs = atMs }: FailedFacts,
): MediaFailure {
  if (!isOfStore(failure)) return failure;
  const waitMs = OWN_FAULT_AFTER_MS[failure.reason === 'StorageUnreachable' ? 'unanswered' : 'answered'];
  if (atMs - sinceMs < waitMs) return failure;
  for (const other of facts.values()) {
    if (other.kind !== 'ok' || other.atMs < sinceMs || (other.sinceMs ?? other.atMs) > atMs - waitMs) continue;
    // What is said of a store that does not answer names no object.
    const advice = `it gives others, so upload ${JSON.stringify(key)} anew`;
    return { reason: 'MediaForbidden', message: `${failure.message}; ${advice}` };
  }
  return failure;
}
