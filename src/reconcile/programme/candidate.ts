import { failureOnAir, itemMemory, unplayable } from '../memory/items.ts';
import type { DesiredSpec } from '../model/desired.ts';
import type { ItemFacts } from '../model/item.ts';
import type { Memory } from '../model/memory.ts';
import { type Fetched, fetched, type MediaTables, type Moment } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { Artwork, ArtworkAtHand, ItemSpec } from '../model/playout.ts';
import { type Cursor, END_OF_ITEM, type Programme } from '../model/programme.ts';
import type { MediaFailure } from '../model/reasons.ts';
import { itemSpec, type RunBudget } from '../playout/spec.ts';
import { artworkAt } from './artwork.ts';
import { firstCursor, locate, nextCursor, turnOf } from './cursor.ts';
import { causeOf, type FailedFacts, isOfStore } from './own-fault.ts';
import { FACTS_MAX_AGE_MS, inspectItem, retryAfterMs, STORE_RETRY_MS, WAITING_RETRY_MS } from './store-requests.ts';

/** The first item that can be played from some place on. */
export type Candidate =
  | { readonly kind: 'ready'; readonly spec: ItemSpec }
  /** The facts of this item are being fetched. */
  | { readonly kind: 'pending'; readonly key: string }
  | { readonly kind: 'none'; readonly failure: MediaFailure };

export interface Search {
  readonly candidate: Candidate;
  readonly actions: readonly Action[];
  /** The first failure on the way, also where a later item can be played. */
  readonly failure: MediaFailure | null;
}

/** At most this many items that cannot be played are asked about again in one pass. */
const MOST_ASKED = 25;
/** After this many broken items in a row the slate goes on air instead of waiting for the next inspection (measured: six a second). */
const MOST_BROKEN = 25;

export interface SearchContext {
  readonly desired: DesiredSpec;
  readonly programme: Programme;
  readonly media: MediaTables;
  readonly items: Memory['items'];
  readonly urlTtlMs: number;
  readonly artwork: ArtworkAtHand;
  readonly now: Moment;
}

/** The first item from `from` on (null = the beginning) that can be played now. `mayRetry`: whether one that failed last time may be it. */
export function findCandidate(
  context: SearchContext,
  from: Cursor | null,
  mayRetry: (key: string) => boolean = () => true,
): Search {
  const { programme, media, items, now } = context;
  const actions: Action[] = [];
  let failure: MediaFailure | null = null;
  /** The first item whose playout died a moment ago, and about which the store has not answered since. */
  let inQuestion: string | null = null;
  let cursor = from === null ? firstCursor(programme) : (locate(programme, from) ?? firstCursor(programme));
  if (cursor !== null && cursor.offsetMs === END_OF_ITEM) cursor = nextCursor(programme, cursor);
  const tried = new Set<string>();
  let broken = 0;

  for (let place = 0; cursor !== null && place < programme.keys.length; place++) {
    if (!tried.has(cursor.key)) {
      tried.add(cursor.key);
      const wait = itemMemory(items, cursor.key);
      const facts = fetched(media.facts, cursor.key);
      const place = cursor;
      const ask = (maxAgeMs: number): Action => inspectItem(context, place, facts, maxAgeMs);
      const isUntimely = wait !== undefined && wait.failures > 0 && !mayRetry(cursor.key);
      if (wait !== undefined && (wait.notBeforeMs > now.monoMs || isUntimely)) {
        const isInQuestion = wait.suspicion !== null && facts.kind === 'ok';
        if (isInQuestion) inQuestion ??= cursor.key;
        else failure ??= whyItWaits(context, cursor.key, facts);
        actions.push(ask(wait.suspicion === null ? WAITING_RETRY_MS : STORE_RETRY_MS));
      } else if (facts.kind === 'ok' && wait !== undefined && wait.suspicion !== null) {
        actions.push(ask(STORE_RETRY_MS));
        return { candidate: { kind: 'pending', key: cursor.key }, actions, failure };
      } else if (facts.kind === 'ok') {
        // After a death the store is asked at once whether the object is still to be had.
        actions.push(ask(wait === undefined ? FACTS_MAX_AGE_MS : WAITING_RETRY_MS));
        const spec = itemSpec(facts.value, context.desired, cursor, budgetOf(context), artworkFor(context, cursor));
        return { candidate: { kind: 'ready', spec }, actions, failure };
      } else if (facts.kind === 'pending') {
        actions.push(ask(0), ...lookAhead(context, cursor));
        if (failure !== null && broken >= MOST_BROKEN)
          return { candidate: { kind: 'none', failure }, actions, failure };
        return { candidate: { kind: 'pending', key: cursor.key }, actions, failure };
      } else {
        broken += 1;
        const cause = causeOf(cursor.key, media, facts);
        if (actions.length < MOST_ASKED) actions.push(ask(retryAfterMs(cause, media)));
        failure ??= toldOf(context, cursor.key, cause);
        if (isOfStore(cause)) {
          // The store fails for every item: the place in the programme stays.
          actions.push(...askForAnother(context, cursor, facts));
          break;
        }
      }
    }
    cursor = nextCursor(programme, cursor);
  }
  if (failure === null && inQuestion !== null) {
    return { candidate: { kind: 'pending', key: inQuestion }, actions, failure };
  }
  failure ??= { reason: 'MediaNotFound', message: 'the programme is empty: name at least one key under `media`' };
  return { candidate: { kind: 'none', failure }, actions, failure };
}

/** Asks once for another object that has not failed so far: its answer tells whether the store fails for this object alone. */
function askForAnother(context: SearchContext, from: Cursor, { atMs, sinceMs = atMs }: FailedFacts): readonly Action[] {
  const { programme, media, now } = context;
  let cursor = nextCursor(programme, from);
  for (let place = 0; cursor !== null && place < PLACES_AHEAD; place++) {
    const facts = fetched(media.facts, cursor.key);
    if (facts.kind !== 'failed') return [inspectItem(context, cursor, facts, Math.max(0, now.monoMs - sinceMs - 1))];
    cursor = nextCursor(programme, cursor);
  }
  const next = nextCursor(programme, from);
  if (next === null || next.key === from.key) return [];
  return [inspectItem(context, next, fetched(media.facts, next.key), STORE_RETRY_MS)];
}

/** Slate and visual of the item at this place. */
export const artworkFor = ({ artwork, programme }: SearchContext, cursor: Cursor): Artwork =>
  artworkAt(artwork, turnOf(programme, cursor));

/** Fetches the facts of the next items before their turn, so that short items, too, stand in line in time. */
export function lookAhead(context: SearchContext, from: Cursor | null): readonly Action[] {
  const { programme, media } = context;
  const actions: Action[] = [];
  let cursor = from;
  for (let place = 0; cursor !== null && place < PLACES_AHEAD; place++) {
    cursor = nextCursor(programme, cursor);
    const facts = cursor === null ? null : fetched(media.facts, cursor.key);
    if (cursor !== null && facts?.kind === 'pending') actions.push(inspectItem(context, cursor, facts, 0));
  }
  return actions;
}

const PLACES_AHEAD = 8;

export const budgetOf = (context: SearchContext): RunBudget => ({
  urlTtlMs: context.urlTtlMs,
  sole: context.programme.keys.length === 1,
});

/** The failure as told: an object gone from a listed prefix is no mistake in desired.yaml. */
export function toldOf({ desired: { media } }: SearchContext, key: string, failure: MediaFailure): MediaFailure {
  if (media.kind !== 'prefix' || failure.reason !== 'MediaNotFound') return failure;
  const message = `${JSON.stringify(key)} is gone from the store since ${JSON.stringify(media.prefix)} was listed: it is listed again soon`;
  return { reason: failure.reason, message };
}

const whyItWaits = (context: SearchContext, key: string, facts: Fetched<ItemFacts>): MediaFailure =>
  facts.kind === 'failed'
    ? toldOf(context, key, causeOf(key, context.media, facts))
    : (failureOnAir(context.items, key) ?? unplayable(key));
