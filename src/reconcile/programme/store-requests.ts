import { itemMemory } from '../memory/items.ts';
import type { ByteSample, ItemFacts } from '../model/item.ts';
import type { Memory } from '../model/memory.ts';
import { type Fetched, type MediaTables, type Moment, lastKnown } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { Cursor } from '../model/programme.ts';
import type { MediaFailure } from '../model/reasons.ts';

/** Media time in a sample. */
const SAMPLED_S = 2;
const LEAST_BYTES = 64 * 1024;
const MOST_BYTES = 2 * 1024 * 1024;

/** The bytes a playout of this item reads first from `offsetMs` on, and the pace at which it needs them. */
export function byteSample({ sizeBytes, durationS }: ItemFacts, offsetMs: number): ByteSample {
  const bytesPerS = durationS === null || durationS <= 0 ? 0 : sizeBytes / durationS;
  const wanted = Math.min(Math.max(Math.round(bytesPerS * SAMPLED_S), LEAST_BYTES), MOST_BYTES, sizeBytes);
  const at = Math.floor((offsetMs / 1000) * bytesPerS);
  return {
    offsetBytes: Math.min(Math.max(at, 0), sizeBytes - wanted),
    sizeBytes: wanted,
    minBytesPerS: Math.round(bytesPerS),
  };
}

/** Facts older than this are asked for again before the item is (re)started; it costs one HEAD request. */
export const FACTS_MAX_AGE_MS = 60_000;
/** The price of a listing, and its time, by the objects: a page has 1,000 (ListObjectsV2), and ten pages a minute are cheap. */
const LISTED_MS_PER_OBJECT = 6;
/** How old the listing of a prefix with so many objects may get: a minute, and of a long one up to ten. */
export const listingMaxAgeMs = (objects: number): number => Math.max(FACTS_MAX_AGE_MS, objects * LISTED_MS_PER_OBJECT);
/** How soon a failing store is asked again: its return is to be noticed within 5 s. */
export const STORE_RETRY_MS = 1_000;
/** How soon an item that waits is asked about again: it may have been replaced. */
export const WAITING_RETRY_MS = 2_000;
/** How soon an object that cannot be had is asked for again. */
export const OBJECT_RETRY_MS = 5_000;
/** How soon an object that cannot be played is asked about again: it may have been replaced. `Refusals` says when its bytes are read again. */
const UNPLAYABLE_RETRY_MS = 15_000;

/** Asks for an item's facts; under a suspicion against the store also for bytes from the place where the item goes on. */
export function inspectItem(
  { items, now }: { readonly items: Memory['items']; readonly now: Moment },
  { key, offsetMs }: Pick<Cursor, 'key' | 'offsetMs'>,
  facts: Fetched<ItemFacts>,
  maxAgeMs: number,
): Action {
  const item = itemMemory(items, key);
  const suspicion = item?.suspicion ?? null;
  const known = lastKnown(facts);
  if (suspicion === null) return { kind: 'inspectItem', key, maxAgeMs, sample: null };
  const sample = known === null ? null : byteSample(known, item?.endedEarlyAtMs ?? offsetMs);
  // An answer from before the suspicion does not settle it.
  const sinceMs = Math.max(0, now.monoMs - suspicion.sinceMs - 1);
  return { kind: 'inspectItem', key, maxAgeMs: Math.min(maxAgeMs, sinceMs), sample };
}

/** How soon to ask again after a failure; where many objects fail, two of them a second. */
export function retryAfterMs({ reason }: MediaFailure, { facts }: MediaTables): number {
  if (reason.startsWith('Storage')) return STORE_RETRY_MS;
  let failed = 0;
  for (const { kind } of facts.values()) if (kind === 'failed') failed += 1;
  return Math.max(reason === 'MediaUndecodable' ? UNPLAYABLE_RETRY_MS : OBJECT_RETRY_MS, failed * 500);
}
