import type { DesiredSpec } from '../model/desired.ts';
import { fetched, type MediaTables } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { Programme } from '../model/programme.ts';
import type { MediaFailure } from '../model/reasons.ts';
import { FACTS_MAX_AGE_MS, STORE_RETRY_MS } from './store-requests.ts';

export type ProgrammeView =
  | { readonly kind: 'ready'; readonly programme: Programme; readonly actions: readonly Action[] }
  | { readonly kind: 'pending'; readonly actions: readonly Action[] }
  | { readonly kind: 'failed'; readonly failure: MediaFailure; readonly actions: readonly Action[] };

/** The programme this wish names, as far as the store has told. */
export function viewProgramme(wish: DesiredSpec, media: MediaTables, seed: string): ProgrammeView {
  const { media: source, order } = wish;
  if (source.kind === 'key') {
    return { kind: 'ready', programme: { keys: keysOf(source, [source.key]), order, seed }, actions: [] };
  }
  if (source.kind === 'list') return { kind: 'ready', programme: { keys: source.keys, order, seed }, actions: [] };
  const { prefix } = source;
  const listing = fetched(media.listings, prefix);
  switch (listing.kind) {
    case 'pending':
      return { kind: 'pending', actions: [{ kind: 'listMedia', prefix, maxAgeMs: 0 }] };
    case 'failed':
      // A list that is old is still a list.
      if (listing.lastGood !== null && listing.lastGood.value.length > 0) {
        const { value } = listing.lastGood;
        const keys = keysOf(value, () => value.map(({ key }) => key));
        const again: Action = { kind: 'listMedia', prefix, maxAgeMs: STORE_RETRY_MS };
        return { kind: 'ready', programme: { keys, order, seed }, actions: [again] };
      }
      return {
        kind: 'failed',
        failure: listing.failure,
        actions: [{ kind: 'listMedia', prefix, maxAgeMs: STORE_RETRY_MS }],
      };
    case 'ok': {
      const actions: readonly Action[] = [{ kind: 'listMedia', prefix, maxAgeMs: FACTS_MAX_AGE_MS }];
      if (listing.value.length > 0) {
        const keys = keysOf(listing.value, () => listing.value.map(({ key }) => key));
        return { kind: 'ready', programme: { keys, order, seed }, actions };
      }
      const message = `nothing under ${JSON.stringify(prefix)}: upload media there, or name another prefix`;
      return { kind: 'failed', failure: { reason: 'MediaPrefixEmpty', message }, actions };
    }
  }
}

/** The same source gives the same array, so that what is remembered about a list stays with it. */
const keyLists = new WeakMap<object, readonly string[]>();

function keysOf(source: object, keys: readonly string[] | (() => readonly string[])): readonly string[] {
  const found = keyLists.get(source);
  if (found !== undefined) return found;
  const made = typeof keys === 'function' ? keys() : keys;
  keyLists.set(source, made);
  return made;
}
