import { afterDeath, NO_BACKOFF, type RetryPolicy } from './backoff.ts';
import type { MediaFailure } from './item.ts';
import type { MediaView } from './observation.ts';
import type { ItemTally, Tallies } from './tallies.ts';

/** The items in trouble; pure changes to them. */
type Items = Tallies['items'];

/** What is remembered of one item. A key may be called `constructor`, so only own properties count. */
export const itemTally = (items: Items, key: string): ItemTally | undefined =>
  Object.hasOwn(items, key) ? items[key] : undefined;

/** The item was played to its end: all is forgiven. */
export function withoutTrouble(items: Items, key: string): Items {
  if (itemTally(items, key) === undefined) return items;
  return Object.fromEntries(Object.entries(items).filter(([other]) => other !== key));
}

/** A playout of this item died. `endedEarlyAtMs`: where in the item it ended by itself; null = it did not end by itself. */
export function withDeath(
  items: Items,
  key: string,
  death: { readonly healthy: boolean; readonly endedEarlyAtMs: number | null },
  policy: RetryPolicy,
  nowMs: number,
): Items {
  const before = itemTally(items, key);
  const tally: ItemTally = {
    ...afterDeath(before ?? NO_BACKOFF, policy, death.healthy, nowMs),
    endedEarlyAtMs: death.endedEarlyAtMs ?? before?.endedEarlyAtMs ?? null,
    storeFailed: before?.storeFailed ?? false,
  };
  return bounded({ ...items, [key]: tally });
}

/** The item plays past the place where it once ended early, so that was not the object's fault. */
export function withPosition(items: Items, key: string, positionMs: number): Items {
  const tally = itemTally(items, key);
  if (tally === undefined || tally.endedEarlyAtMs === null || positionMs < tally.endedEarlyAtMs + PAST_MS) return items;
  return { ...items, [key]: { ...tally, endedEarlyAtMs: null } };
}

const PAST_MS = 3_000;

/** Waits that an outage of the store brought about end with it. */
export function withStore(items: Items, media: MediaView, nowMs: number): Items {
  let changed = items;
  for (const [key, tally] of Object.entries(items)) {
    const facts = media.facts(key);
    if (facts.kind === 'failed' && facts.failure.reason.startsWith('Storage') && !tally.storeFailed) {
      changed = { ...changed, [key]: { ...tally, storeFailed: true } };
    } else if (facts.kind === 'ok' && tally.storeFailed) {
      const forgiven: ItemTally = {
        ...tally,
        ...NO_BACKOFF,
        notBeforeMs: nowMs,
        endedEarlyAtMs: null,
        storeFailed: false,
      };
      changed = { ...changed, [key]: forgiven };
    }
  }
  return changed;
}

/** What to tell of an item that ended before its end; null = nothing. */
export function earlyEnd(items: Items, key: string): MediaFailure | null {
  const atMs = itemTally(items, key)?.endedEarlyAtMs ?? null;
  if (atMs === null) return null;
  const message = `${JSON.stringify(key)} ended early, ${(atMs / 1000).toFixed(1)} s in: check that the object is complete and can be decoded`;
  return { reason: 'MediaEndsEarly', message };
}

const MOST_ITEMS = 500;

const bounded = (items: Items): Items =>
  Object.keys(items).length <= MOST_ITEMS ? items : Object.fromEntries(Object.entries(items).slice(-MOST_ITEMS));
