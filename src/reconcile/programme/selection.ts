import { failureOnAir } from '../memory/items.ts';
import type { DesiredSpec, DesiredState } from '../model/desired.ts';
import type { Memory } from '../model/memory.ts';
import { fetched, type Moment, type Observation } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import { type Artwork, type ArtworkAtHand, NO_ARTWORK, type PlayoutSpec } from '../model/playout.ts';
import { type Cursor, END_OF_ITEM, type Programme } from '../model/programme.ts';
import type { MediaFailure } from '../model/reasons.ts';
import type { ItemRecord, PlayoutRun } from '../model/run.ts';
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
import { type ProgrammeView, viewProgramme } from './programme.ts';
import { causeOf } from './own-fault.ts';
import { FACTS_MAX_AGE_MS, inspectItem, OBJECT_RETRY_MS, retryAfterMs } from './store-requests.ts';
import { positionMs } from '../runs/position.ts';

/** What about the media does not change while a daemon lives. */
export interface SelectionSettings {
  readonly urlTtlMs: number;
  /** Seeds the shuffle where nothing else does. */
  readonly stateId: string;
}

/** What the wish comes to with the media as they are known now. */
export interface Selection {
  readonly view: ProgrammeView | null;
  readonly search: Search | null;
  readonly artwork: ArtworkAtHand;
  readonly failure: MediaFailure | null;
  readonly actions: readonly Action[];
  /** What any other item is looked up by; null = the programme is not known. */
  readonly context: SearchContext | null;
}

const NO_MEDIA: Selection = {
  view: null,
  artwork: { slate: null, visuals: [], clips: new Map() },
  search: null,
  failure: null,
  actions: [],
  context: null,
};

/** Looks the wished programme up. */
export function selectMedia(
  settings: SelectionSettings,
  observation: Observation,
  desired: DesiredState,
  memory: Memory,
  now: Moment,
): Selection {
  if (desired.kind !== 'onAir') return NO_MEDIA;
  const { spec } = desired;
  const view = viewProgramme(spec, observation.media, memory.shuffleSeed ?? settings.stateId);
  const turn = view.kind === 'ready' && memory.cursor !== null ? turnOf(view.programme, memory.cursor) : 0;
  const { artwork: wished, actions: keeping } = viewArtwork(spec, observation.media, turn);
  // A slate that fails gives way to the built-in one, and one that is copied to one that is encoded.
  const artwork = memory.slate.failures > 0 ? { ...wished, slate: null, clips: NO_ARTWORK.clips } : wished;
  const nothing = (failure: MediaFailure): Search => ({ candidate: { kind: 'none', failure }, actions: [], failure });
  if (view.kind === 'pending') return { ...NO_MEDIA, view, artwork, actions: [...keeping, ...view.actions] };
  if (view.kind === 'failed') {
    const search = nothing(view.failure);
    const actions = [...keeping, ...view.actions];
    return { ...NO_MEDIA, view, search, artwork, failure: view.failure, actions };
  }
  const context: SearchContext = {
    desired: spec,
    programme: view.programme,
    media: observation.media,
    items: memory.items,
    urlTtlMs: settings.urlTtlMs,
    artwork,
    now,
  };
  const search = findCandidate(context, memory.cursor);
  const others = unplayable(context);
  const ofItems = [...(search.failure === null ? [] : [search.failure]), ...others.failures];
  // A store that is away is away for its listing, too: that is told once.
  const ofListing = ofItems.some(({ reason }) => reason === view.failure?.reason) ? null : view.failure;
  const failures = [...ofItems, ...(ofListing === null ? [] : [ofListing])];
  const actions = [...view.actions, ...search.actions, ...others.actions, ...lookAhead(context, memory.cursor)];
  return {
    view,
    search,
    artwork,
    failure: allInOne(failures),
    actions: [
      ...keeping,
      ...(observation.toolchain.kind === 'ready' && needsClips(context)
        ? keepClips(artwork, turn, houseFormat(spec))
        : []),
      ...actions,
      ...listAgain(spec, view.programme, failures),
    ],
    context,
  };
}

/** Something in the programme is known to be mere sound. */
function needsClips({ desired, programme, media }: SearchContext): boolean {
  return (
    desired.encode !== 'transcode' &&
    programme.keys.slice(0, MOST_NAMED).some((key) => {
      const facts = fetched(media.facts, key);
      return facts.kind === 'ok' && facts.value.video === null;
    })
  );
}

/** What follows once the run on air has ended; null = nothing is known of the media yet. */
export const searchAfter = (
  { context, search }: Selection,
  memory: Memory,
  mayRetry: (key: string) => boolean,
): Search | null => (context === null ? search : findCandidate(context, endOf(memory), mayRetry));

/** A listing that an object has been missing from since is out of date; a long one is paged through no faster than a page a second. */
function listAgain({ media }: DesiredSpec, { keys }: Programme, failures: readonly MediaFailure[]): readonly Action[] {
  if (media.kind !== 'prefix' || !failures.some(({ reason }) => reason === 'MediaNotFound')) return [];
  const maxAgeMs = Math.min(FACTS_MAX_AGE_MS, Math.max(OBJECT_RETRY_MS, keys.length));
  return [{ kind: 'listMedia', prefix: media.prefix, maxAgeMs }];
}

/** What follows the item on air, however its run ends; null = nothing is known to. */
export function following({ context, search }: Selection, { record }: PlayoutRun): Candidate | null {
  if (context === null) return null;
  if (record?.kind !== 'item') return search?.candidate ?? null;
  return findCandidate(context, { ...placeOf(record), offsetMs: END_OF_ITEM }).candidate;
}

/** Items that cannot be played are named for as long as that is so, not only when their turn comes; so they are asked about. */
function unplayable(context: SearchContext): {
  readonly failures: readonly MediaFailure[];
  readonly actions: readonly Action[];
} {
  const { programme, media, items } = context;
  const failures: MediaFailure[] = [];
  const actions: Action[] = [];
  for (const key of new Set(programme.keys.slice(0, MOST_NAMED))) {
    const facts = fetched(media.facts, key);
    const cause = facts.kind === 'failed' ? causeOf(media, facts) : null;
    const failure = cause === null ? failureOnAir(items, key) : toldOf(context, key, cause);
    if (failure === null) continue;
    failures.push(failure);
    if (cause !== null && actions.length < MOST_RETRIED) {
      actions.push(inspectItem(context, { key, offsetMs: 0 }, facts, retryAfterMs(cause, media)));
    }
  }
  return { failures, actions };
}

/** At most this many are asked about in one pass beyond those whose turn it is. */
const MOST_RETRIED = 4;

/** One failure that tells of all, the first one's reason first; null when there is none. */
function allInOne(failures: readonly MediaFailure[]): MediaFailure | null {
  const [first] = failures;
  if (first === undefined) return null;
  const messages = [...new Set(failures.map(({ message }) => message))];
  const more = messages.length - MOST_SPELT_OUT;
  const told = [...messages.slice(0, MOST_SPELT_OUT), ...(more > 0 ? [`and ${more} more`] : [])];
  return { reason: first.reason, message: told.join('; ') };
}

const MOST_SPELT_OUT = 8;

/** Looking through ten thousand items at every pass would be felt. */
const MOST_NAMED = 1_000;

/** What the item on air would be played as now, from where it is; null = that cannot be told. */
export function specOnAir({ context }: Selection, run: PlayoutRun, memory: Memory): PlayoutSpec | null {
  const { record } = run;
  if (record?.kind !== 'item' || context === null) return null;
  const facts = fetched(context.media.facts, record.key);
  if (facts.kind !== 'ok') return null;
  const offsetMs = positionMs(record, (memory.playouts[run.runId]?.airedMs ?? 0) + SWAP_TAKES_MS);
  const cursor: Cursor = { ...placeOf(record), version: record.version, offsetMs };
  const specUnder = (artwork: Artwork): PlayoutSpec =>
    itemSpec(facts.value, context.desired, cursor, budgetOf(context), artwork);
  const own = facts.value.video === null ? underItsVisual(context.artwork, run, specUnder) : null;
  return own ?? specUnder(artworkFor(context, cursor));
}

/**
 * The same under the visual it has, if that is wished still: a programme that becomes longer, or a visual that is there at
 * last, changes nothing in mid-song. null = it is seen under none of them.
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

const placeOf = ({ round, index, key }: ItemRecord): Omit<Cursor, 'offsetMs'> => ({ round, index, key });

/** Where the programme will be when what the run on air has written, or is to write, has been seen. */
function endOf(memory: Memory): Cursor | null {
  const { cursor } = memory;
  const onAir = Object.values(memory.playouts).find((playout) => playout.onAir);
  if (cursor === null || onAir === undefined || onAir.record?.kind !== 'item') return cursor;
  if (onAir.ended?.kind === 'early') return { ...cursor, offsetMs: onAir.ended.resumeAtMs };
  const { durationMs, lengthMs, offsetMs } = onAir.record;
  const endMs = offsetMs + (lengthMs ?? 0);
  const ends = durationMs === null || lengthMs === null || endMs >= durationMs - 50;
  return { ...cursor, offsetMs: ends ? END_OF_ITEM : endMs };
}
