import { byteSample } from './byte-sample.ts';
import { earlyEnd, itemTally } from './item-tallies.ts';
import type { DesiredSpec } from './model/desired.ts';
import type { ItemFacts } from './model/item.ts';
import type { Tallies } from './model/memory.ts';
import type { Fetched, MediaView, Moment } from './model/observation.ts';
import type { Action } from './model/plan.ts';
import type { PlayoutSpec, Scenery } from './model/playout.ts';
import { type Cursor, END_OF_ITEM, type Programme } from './model/programme.ts';
import type { MediaFailure } from './model/reasons.ts';
import { itemSpec, type RunBudget } from './playout-spec.ts';
import { firstCursor, locate, nextCursor } from './programme.ts';

/** What the programme has to offer from some place on. */
export type Candidate =
  | { readonly kind: 'ready'; readonly spec: Extract<PlayoutSpec, { kind: 'item' }> }
  /** Its facts are being fetched. */
  | { readonly kind: 'pending'; readonly key: string }
  | { readonly kind: 'none'; readonly failure: MediaFailure };

export interface Search {
  readonly candidate: Candidate;
  readonly actions: readonly Action[];
  /** The first thing that was wrong on the way, even if something further on can be played. */
  readonly failure: MediaFailure | null;
}

/** Facts older than this are asked for again before the item is (re)started; it costs one HEAD request. */
const FACTS_MAX_AGE_MS = 60_000;
/** How soon a failing store is asked again: that it is back is to be noticed within 5 s. */
const STORE_RETRY_MS = 1_000;
/** How soon an item that waits is looked at again: it may have been replaced. */
const WAITING_RETRY_MS = 2_000;
/** An object that is not to be had may be a moment later. */
const OBJECT_RETRY_MS = 5_000;
/** One that cannot be played is read anew to find out. */
const UNPLAYABLE_RETRY_MS = 15_000;
/** At most this many broken items are asked about again in one pass. */
const MOST_ASKED = 25;

export type ProgrammeView =
  | { readonly kind: 'ready'; readonly programme: Programme; readonly actions: readonly Action[] }
  | { readonly kind: 'pending'; readonly actions: readonly Action[] }
  | { readonly kind: 'failed'; readonly failure: MediaFailure; readonly actions: readonly Action[] };

/** The programme this wish names, as far as the store has told. */
export function viewProgramme(wish: DesiredSpec, media: MediaView, seed: string): ProgrammeView {
  const { media: source, order } = wish;
  if (source.kind === 'key') {
    return { kind: 'ready', programme: { keys: keysOf(source, [source.key]), order, seed }, actions: [] };
  }
  if (source.kind === 'list') return { kind: 'ready', programme: { keys: source.keys, order, seed }, actions: [] };
  const { prefix } = source;
  const listing = media.listing(prefix);
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

export interface SearchContext {
  readonly wish: DesiredSpec;
  readonly programme: Programme;
  readonly media: MediaView;
  readonly items: Tallies['items'];
  readonly urlTtlMs: number;
  readonly scenery: Scenery;
  readonly now: Moment;
}

/** The first item from `from` on (null = the beginning) that can be played now. */
export function findCandidate(context: SearchContext, from: Cursor | null): Search {
  const { programme, media, items, now } = context;
  const actions: Action[] = [];
  let failure: MediaFailure | null = null;
  let cursor = from === null ? firstCursor(programme) : (locate(programme, from) ?? firstCursor(programme));
  if (cursor !== null && cursor.offsetMs === END_OF_ITEM) cursor = nextCursor(programme, cursor);
  const tried = new Set<string>();

  for (let place = 0; cursor !== null && place < programme.keys.length; place++) {
    if (!tried.has(cursor.key)) {
      tried.add(cursor.key);
      const wait = itemTally(items, cursor.key);
      const facts = media.facts(cursor.key);
      const place = cursor;
      const ask = (maxAgeMs: number): Action => inspection(context, place, facts, maxAgeMs);
      if (wait !== undefined && wait.notBeforeMs > now.monoMs) {
        failure ??= facts.kind === 'failed' ? facts.failure : (earlyEnd(items, cursor.key) ?? unplayable(cursor.key));
        actions.push(ask(wait.suspicion === null ? WAITING_RETRY_MS : STORE_RETRY_MS));
      } else if (facts.kind === 'ok' && wait !== undefined && wait.suspicion !== null) {
        actions.push(ask(STORE_RETRY_MS));
        return { candidate: { kind: 'pending', key: cursor.key }, actions, failure };
      } else if (facts.kind === 'ok') {
        // After a death the store is asked at once whether the object is still to be had.
        actions.push(ask(wait === undefined ? FACTS_MAX_AGE_MS : WAITING_RETRY_MS));
        const spec = itemSpec(facts.value, context.wish, cursor, budgetOf(context), context.scenery);
        if (spec.kind === 'item') return { candidate: { kind: 'ready', spec }, actions, failure };
      } else if (facts.kind === 'pending') {
        actions.push(ask(0));
        return { candidate: { kind: 'pending', key: cursor.key }, actions, failure };
      } else {
        if (actions.length < MOST_ASKED) actions.push(ask(retryAfterMs(facts.failure)));
        failure ??= facts.failure;
      }
    }
    cursor = nextCursor(programme, cursor);
  }
  failure ??= { reason: 'MediaNotFound', message: 'the programme is empty: name at least one key under `media`' };
  return { candidate: { kind: 'none', failure }, actions, failure };
}

/** Asks about an item; where the store is suspected of having starved it, also for bytes from where it goes on. */
export function inspection(
  { items, now }: Pick<SearchContext, 'items' | 'now'>,
  { key, offsetMs }: Pick<Cursor, 'key' | 'offsetMs'>,
  facts: Fetched<ItemFacts>,
  maxAgeMs: number,
): Action {
  const tally = itemTally(items, key);
  const suspicion = tally?.suspicion ?? null;
  const known = facts.kind === 'ok' ? facts.value : facts.kind === 'failed' ? (facts.lastGood?.value ?? null) : null;
  if (suspicion === null) return { kind: 'inspectItem', key, maxAgeMs, sample: null };
  const sample = known === null ? null : byteSample(known, tally?.endedEarlyAtMs ?? offsetMs);
  // What was answered before the suspicion arose is no answer to it.
  const sinceMs = Math.max(0, now.monoMs - suspicion.sinceMs - 1);
  return { kind: 'inspectItem', key, maxAgeMs: Math.min(maxAgeMs, sinceMs), sample };
}

/** How soon a failed answer is worth another question. */
export function retryAfterMs({ reason }: MediaFailure): number {
  if (reason.startsWith('Storage')) return STORE_RETRY_MS;
  return reason === 'MediaUndecodable' ? UNPLAYABLE_RETRY_MS : OBJECT_RETRY_MS;
}

export const budgetOf = (context: SearchContext): RunBudget => ({
  urlTtlMs: context.urlTtlMs,
  sole: context.programme.keys.length === 1,
});

const unplayable = (key: string): MediaFailure => ({
  reason: 'MediaUndecodable',
  message: `${JSON.stringify(key)} could not be played: check that the object is complete and can be decoded`,
});
