import type { DesiredSpec, MediaSource } from '../model/desired.ts';
import { fetched, type MediaTables } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { Programme } from '../model/programme.ts';
import type { MediaFailure } from '../model/reasons.ts';
import { mediaIn } from './ignored-names.ts';
import { FACTS_MAX_AGE_MS, OBJECT_RETRY_MS, STORE_RETRY_MS } from './store-requests.ts';

export type ProgrammeView =
  | {
      readonly kind: 'ready';
      readonly programme: Programme;
      readonly actions: readonly Action[];
      /** Why the prefix could not be listed again; null = it could, or there is none. */
      readonly failure: MediaFailure | null;
    }
  | { readonly kind: 'pending'; readonly actions: readonly Action[] }
  | { readonly kind: 'failed'; readonly failure: MediaFailure; readonly actions: readonly Action[] };

/** The keys that are named, as far as the store has told. */
export type SourceView =
  | (Omit<Extract<ProgrammeView, { readonly kind: 'ready' }>, 'programme'> & { readonly keys: readonly string[] })
  | Exclude<ProgrammeView, { readonly kind: 'ready' }>;

/** The programme this wish names, as far as the store has told. */
export function viewProgramme({ media: source, order }: DesiredSpec, media: MediaTables, seed: string): ProgrammeView {
  const view = viewSource(source, media);
  if (view.kind !== 'ready') return view;
  const { keys, actions, failure } = view;
  return { kind: 'ready', programme: { keys, order, seed }, actions, failure };
}

/** What a key, a list or a prefix comes to. */
export function viewSource(source: MediaSource, media: MediaTables): SourceView {
  const ready = (keys: readonly string[], failure: MediaFailure | null, actions: readonly Action[]): SourceView => ({
    kind: 'ready',
    keys,
    actions,
    failure,
  });
  if (source.kind === 'key') return ready(keysOf(source, [source.key]), null, []);
  if (source.kind === 'list') return ready(source.keys, null, []);
  const { prefix } = source;
  const listAgain = (maxAgeMs: number): readonly Action[] => [{ kind: 'listMedia', prefix, maxAgeMs }];
  const listing = fetched(media.listings, prefix);
  if (listing.kind === 'pending') return { kind: 'pending', actions: listAgain(0) };
  // A list that is old is still a list.
  const last = listing.kind === 'ok' ? listing : listing.lastGood;
  const keys = last === null ? [] : keysOf(last.value, () => mediaIn(last.value));
  const isEmpty = last === null || keys.every((key) => isGone(media, key, last.atMs));
  if (listing.kind === 'failed') {
    const { failure } = listing;
    if (isEmpty) return { kind: 'failed', failure, actions: listAgain(STORE_RETRY_MS) };
    const message = `${failure.message}; what ${JSON.stringify(prefix)} held when last listed plays on, new objects do not join`;
    return ready(keys, { reason: failure.reason, message }, listAgain(STORE_RETRY_MS));
  }
  if (!isEmpty) return ready(keys, null, listAgain(FACTS_MAX_AGE_MS));
  const message = `nothing under ${JSON.stringify(prefix)}: upload media there, or name another prefix`;
  return { kind: 'failed', failure: { reason: 'MediaPrefixEmpty', message }, actions: listAgain(OBJECT_RETRY_MS) };
}

/** The object was there when it was listed, and not when it was asked for afterwards. */
function isGone(media: MediaTables, key: string, listedAtMs: number): boolean {
  const facts = fetched(media.facts, key);
  return facts.kind === 'failed' && facts.failure.reason === 'MediaNotFound' && facts.atMs > listedAtMs;
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
