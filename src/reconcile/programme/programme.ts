import type { MediaSource } from '../model/desired.ts';
import type { ListedObject } from '../model/item.ts';
import { fetched, type MediaTables } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { MediaFailure } from '../model/reasons.ts';
import { mediaIn } from './ignored-names.ts';
import { listingMaxAgeMs, OBJECT_RETRY_MS, STORE_RETRY_MS } from './store-requests.ts';

/** The keys that desired.yaml names, as far as the store has answered. */
export type SourceView =
  | {
      readonly kind: 'ready';
      readonly keys: readonly string[];
      readonly actions: readonly Action[];
      /** Why the prefix could not be listed again; null = it could, or it is no prefix. */
      readonly failure: MediaFailure | null;
    }
  | { readonly kind: 'pending'; readonly actions: readonly Action[] }
  | { readonly kind: 'failed'; readonly failure: MediaFailure; readonly actions: readonly Action[] };

/** Resolves a key, a list or a prefix to its keys. */
export function viewSource(source: MediaSource, media: MediaTables): SourceView {
  const ready = (keys: readonly string[], failure: MediaFailure | null, actions: readonly Action[]): SourceView => ({
    kind: 'ready',
    keys,
    actions,
    failure,
  });
  if (source.kind === 'key') return ready([source.key], null, []);
  if (source.kind === 'list') return ready(source.keys, null, []);
  const { prefix } = source;
  const listAgain = (maxAgeMs: number): readonly Action[] => [{ kind: 'listMedia', prefix, maxAgeMs }];
  const listing = fetched(media.listings, prefix);
  if (listing.kind === 'pending') return { kind: 'pending', actions: listAgain(0) };
  // Where listing fails the last listing still counts.
  const last = listing.kind === 'ok' ? listing : listing.lastGood;
  const keys = last === null ? [] : keysOf(last.value);
  const isEmpty = last === null || keys.every((key) => isGone(media, key, last.atMs));
  if (listing.kind === 'failed') {
    const { failure } = listing;
    if (isEmpty) return { kind: 'failed', failure, actions: listAgain(STORE_RETRY_MS) };
    const message = `${failure.message}; what ${JSON.stringify(prefix)} held when last listed plays on, new objects do not join`;
    return ready(keys, { reason: failure.reason, message }, listAgain(STORE_RETRY_MS));
  }
  if (!isEmpty) return ready(keys, null, listAgain(listingMaxAgeMs(last.value.length)));
  const message = `nothing under ${JSON.stringify(prefix)}: upload media there, or name another prefix`;
  return { kind: 'failed', failure: { reason: 'MediaPrefixEmpty', message }, actions: listAgain(OBJECT_RETRY_MS) };
}

/** Whether the object was listed, but was no longer there when it was inspected afterwards. */
function isGone(media: MediaTables, key: string, listedAtMs: number): boolean {
  const facts = fetched(media.facts, key);
  return facts.kind === 'failed' && facts.failure.reason === 'MediaNotFound' && facts.atMs > listedAtMs;
}

/** The keys made from each listing: `order.ts` remembers a shuffle by the very array. */
const keyLists = new WeakMap<readonly ListedObject[], readonly string[]>();

function keysOf(listing: readonly ListedObject[]): readonly string[] {
  const keys = keyLists.get(listing) ?? mediaIn(listing);
  keyLists.set(listing, keys);
  return keys;
}
