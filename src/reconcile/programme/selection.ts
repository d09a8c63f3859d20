import { failureOnAir } from '../memory/items.ts';
import type { DesiredSpec, DesiredState } from '../model/desired.ts';
import type { Memory } from '../model/memory.ts';
import { fetched, type Moment, type Observation } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import { type Artwork, type ArtworkAtHand, NO_ARTWORK, type PlayoutSpec } from '../model/playout.ts';
import { type Cursor, END_OF_ITEM, type Programme } from '../model/programme.ts';
import type { MediaFailure } from '../model/reasons.ts';
import type { PlayoutRun } from '../model/run.ts';
import { playoutHash } from '../playout/hashes.ts';
import { houseFormat } from '../playout/house-format.ts';
import { itemSpec } from '../playout/spec.ts';
import { keepClips, viewArtwork } from './artwork.ts';
import {
  artworkFor,
  budgetOf,
  type Candidate,
  findCandidate,
  lookAhead,
  type Search,
  type SearchContext,
  toldOf,
} from './candidate.ts';
import { turnOf } from './cursor.ts';
import { viewSource } from './programme.ts';
import { causeOf } from './own-fault.ts';
import { inspectItem, OBJECT_RETRY_MS, retryAfterMs } from './store-requests.ts';
import { offsetAfter, placeOf, positionMs } from '../runs/position.ts';

/** What does not change while a daemon lives. */
interface SelectionSettings {
  readonly urlTtlMs: number;
  /** Seeds the shuffle where memory has no seed. */
  readonly stateId: string;
}

/** What can be played now of the media in desired.yaml. */
export interface Selection {
  /** null = off air is desired, or the programme is not known yet. */
  readonly search: Search | null;
  readonly artwork: ArtworkAtHand;
  readonly failure: MediaFailure | null;
  readonly actions: readonly Action[];
  /** For further searches; null = the programme is not known. */
  readonly context: SearchContext | null;
}

const NO_MEDIA: Selection = {
  artwork: { slate: null, visuals: [], clips: new Map() },
  search: null,
  failure: null,
  actions: [],
  context: null,
};

/** Selects what to play from the place in `memory.cursor` on, and asks the store for what is needed to tell. */
export function selectMedia(
  settings: SelectionSettings,
  observation: Observation,
  desired: DesiredState,
  memory: Memory,
  now: Moment,
): Selection {
  if (desired.kind !== 'onAir') return NO_MEDIA;
  const { spec } = desired;
  const { media } = observation;
  const view = viewSource(spec.media, media);
  const seed = memory.shuffleSeed ?? settings.stateId;
  const programme: Programme = { keys: view.kind === 'ready' ? view.keys : [], order: spec.order, seed };
  const turn = view.kind !== 'ready' || memory.cursor === null ? 0 : turnOf(programme, memory.cursor);
  const { artwork: named, actions: keeping } = viewArtwork(spec, media, turn);
  // A slate that failed gives way to the built-in one, and a copied slate to an encoded one.
  const artwork = memory.slate.failures > 0 ? { ...named, slate: null, clips: NO_ARTWORK.clips } : named;
  if (view.kind !== 'ready') {
    const failure = view.kind === 'failed' ? view.failure : null;
    const search: Search | null =
      failure === null ? null : { candidate: { kind: 'none', failure }, actions: [], failure };
    return { search, artwork, failure, actions: [...keeping, ...view.actions], context: null };
  }
  const { urlTtlMs } = settings;
  const context: SearchContext = { desired: spec, programme, media, items: memory.items, urlTtlMs, artwork, now };
  const search = findCandidate(context, memory.cursor);
  const others = failuresOfItems(context);
  const ofItems = [...(search.failure === null ? [] : [search.failure]), ...others.failures];
  // A store that fails for items fails for the listing, too: that is told once.
  const ofListing = ofItems.some(({ reason }) => reason === view.failure?.reason) ? null : view.failure;
  const failures = [...ofItems, ...(ofListing === null ? [] : [ofListing])];
  const wantsClips = observation.toolchain.kind === 'ready' && needsClips(context);
  const actions = [
    ...keeping,
    ...(wantsClips ? keepClips(artwork, turn, houseFormat(spec)) : []),
    ...view.actions,
    ...search.actions,
    ...others.actions,
    ...lookAhead(context, memory.cursor),
    ...listAgain(spec, programme, failures),
  ];
  return { search, artwork, failure: allInOne(failures), actions, context };
}

/** Whether an item of the programme is known to have no picture. */
function needsClips({ desired, programme, media }: SearchContext): boolean {
  return (
    desired.encode !== 'transcode' &&
    programme.keys.slice(0, MOST_NAMED).some((key) => {
      const facts = fetched(media.facts, key);
      return facts.kind === 'ok' && facts.value.video === null;
    })
  );
}

/** What follows once the run on air has ended; null = the programme is not known yet. */
export const searchAfter = (
  { context, search }: Selection,
  memory: Memory,
  mayRetry: (key: string) => boolean,
): Search | null => (context === null ? search : findCandidate(context, endOf(memory), mayRetry));

/** Lists the prefix again where an object has gone since; a long prefix at most at a page of 1,000 keys a second. */
function listAgain({ media }: DesiredSpec, { keys }: Programme, failures: readonly MediaFailure[]): readonly Action[] {
  if (media.kind !== 'prefix' || !failures.some(({ reason }) => reason === 'MediaNotFound')) return [];
  return [{ kind: 'listMedia', prefix: media.prefix, maxAgeMs: Math.max(OBJECT_RETRY_MS, keys.length) }];
}

/** What follows the item on air, however its run ends; null = not known. */
export function following({ context, search }: Selection, { record }: PlayoutRun): Candidate | null {
  if (context === null) return null;
  if (record?.kind !== 'item') return search?.candidate ?? null;
  return findCandidate(context, { ...placeOf(record), offsetMs: END_OF_ITEM }).candidate;
}

/** Every item that cannot be played, not only those whose turn it is: they are told in /health, and asked about again. */
function failuresOfItems(context: SearchContext): {
  readonly failures: readonly MediaFailure[];
  readonly actions: readonly Action[];
} {
  const { programme, media, items } = context;
  const failures: MediaFailure[] = [];
  const actions: Action[] = [];
  for (const key of new Set(programme.keys.slice(0, MOST_NAMED))) {
    const facts = fetched(media.facts, key);
    const cause = facts.kind === 'failed' ? causeOf(key, media, facts) : null;
    const failure = cause === null ? failureOnAir(items, key) : toldOf(context, key, cause);
    if (failure === null) continue;
    failures.push(failure);
    if (cause !== null && actions.length < MOST_RETRIED) {
      actions.push(inspectItem(context, { key, offsetMs: 0 }, facts, retryAfterMs(cause, media)));
    }
  }
  return { failures, actions };
}

/** At most this many of them are asked about in one pass. */
const MOST_RETRIED = 4;

/** All failures as one, with the reason of the first; null when there is none. */
function allInOne(failures: readonly MediaFailure[]): MediaFailure | null {
  const [first] = failures;
  if (first === undefined) return null;
  const messages = [...new Set(failures.map(({ message }) => message))];
  const more = messages.length - MOST_SPELT_OUT;
  const told = [...messages.slice(0, MOST_SPELT_OUT), ...(more > 0 ? [`and ${more} more`] : [])];
  return { reason: first.reason, message: told.join('; ') };
}

const MOST_SPELT_OUT = 8;

/** Only so many items are looked through at every pass: ten thousand would take too long. */
const MOST_NAMED = 1_000;

/** The playout that would be started now for the item on air, from its position on; null = its facts are not known. */
export function specOnAir({ context }: Selection, run: PlayoutRun, memory: Memory): PlayoutSpec | null {
  const { record } = run;
  if (record?.kind !== 'item' || context === null) return null;
  const facts = fetched(context.media.facts, record.key);
  if (facts.kind !== 'ok') return null;
  const offsetMs = positionMs(record, (memory.playouts[run.runId]?.airedMs ?? 0) + SWAP_TAKES_MS);
  const cursor: Cursor = { ...placeOf(record), offsetMs };
  const specUnder = (artwork: Artwork): PlayoutSpec =>
    itemSpec(facts.value, context.desired, cursor, budgetOf(context), artwork);
  const own = facts.value.video === null ? underItsVisual(context.artwork, run, specUnder) : null;
  return own ?? specUnder(artworkFor(context, cursor));
}

/**
 * That playout under the visual it has now, if desired.yaml still names it: a longer programme, or a visual whose copy has
 * arrived, changes nothing in mid-song. null = it has none of the visuals.
 */
function underItsVisual(
  artwork: ArtworkAtHand,
  run: PlayoutRun,
  specUnder: (artwork: Artwork) => PlayoutSpec,
): PlayoutSpec | null {
  for (const visual of artwork.visuals) {
    const spec = visual === null ? null : specUnder({ ...artwork, visual });
    if (spec !== null && playoutHash(spec) === run.specHash) return spec;
  }
  return null;
}

/** From the decision to replace a playout of the same item to its successor being on air. */
const SWAP_TAKES_MS = 1_000;

/** Where the programme will be at the end of the run on air. */
function endOf(memory: Memory): Cursor | null {
  const { cursor } = memory;
  const onAir = Object.values(memory.playouts).find((playout) => playout.onAir);
  if (cursor === null || onAir === undefined || onAir.record?.kind !== 'item') return cursor;
  if (onAir.ended?.kind === 'early') return { ...cursor, offsetMs: onAir.ended.resumeAtMs };
  const { lengthMs, offsetMs } = onAir.record;
  return { ...cursor, offsetMs: lengthMs === null ? END_OF_ITEM : offsetAfter(onAir.record, offsetMs + lengthMs) };
}
