import { END_OF_ITEM } from './account-playouts.ts';
import {
  budgetOf,
  findCandidate,
  inspection,
  retryAfterMs,
  viewProgramme,
  type ProgrammeView,
  type Search,
  type SearchContext,
} from './candidate.ts';
import { earlyEnd } from './item-tallies.ts';
import type { MediaFailure } from './item.ts';
import type { Moment, Observation } from './observation.ts';
import type { Action } from './plan-types.ts';
import { itemSpec, NO_SCENERY, type PlayoutSpec, type Scenery } from './playout-spec.ts';
import type { Cursor } from './programme.ts';
import type { PlayoutRun } from './run.ts';
import { viewScenery } from './scenery.ts';
import type { Tallies } from './tallies.ts';
import type { Wish } from './wish.ts';
import { positionMs } from './world.ts';

/** What about the media does not change while a daemon lives. */
export interface MediaSettings {
  readonly urlTtlMs: number;
  /** Seeds the shuffle. */
  readonly stateId: string;
}

/** What the wish comes to with the media as they are known now. */
export interface MediaPlan {
  readonly view: ProgrammeView | null;
  readonly search: Search | null;
  readonly scenery: Scenery;
  readonly failure: MediaFailure | null;
  readonly actions: readonly Action[];
  readonly specFor: (run: PlayoutRun, tallies: Tallies) => PlayoutSpec | null;
  readonly after: (() => Search) | null;
}

const NO_MEDIA: MediaPlan = {
  view: null,
  scenery: NO_SCENERY,
  search: null,
  failure: null,
  actions: [],
  specFor: () => null,
  after: null,
};

/** Looks the wished programme up. */
export function viewMedia(
  settings: MediaSettings,
  observation: Observation,
  wish: Wish,
  tallies: Tallies,
  now: Moment,
): MediaPlan {
  if (wish.kind !== 'onAir') return NO_MEDIA;
  const { spec } = wish;
  const { scenery: wished, actions: keeping } = viewScenery(spec, observation.media);
  // A configured slate that fails gives way to the built-in one.
  const scenery = tallies.slate.failures > 0 ? { ...wished, slate: null } : wished;
  const view = viewProgramme(spec, observation.media, settings.stateId);
  const nothing = (failure: MediaFailure): Search => ({ candidate: { kind: 'none', failure }, actions: [], failure });
  if (view.kind === 'pending') return { ...NO_MEDIA, view, scenery, actions: [...keeping, ...view.actions] };
  if (view.kind === 'failed') {
    const search = nothing(view.failure);
    const actions = [...keeping, ...view.actions];
    return { view, search, scenery, failure: view.failure, actions, specFor: () => null, after: () => search };
  }
  const context: SearchContext = {
    wish: spec,
    programme: view.programme,
    media: observation.media,
    items: tallies.items,
    urlTtlMs: settings.urlTtlMs,
    scenery,
    now,
  };
  const search = findCandidate(context, tallies.cursor);
  const named = firstFailure(context);
  return {
    view,
    search,
    scenery,
    failure: search.failure ?? named.failure,
    actions: [...keeping, ...view.actions, ...search.actions, ...named.actions],
    specFor: (run, seen) => specOnAir(context, run, seen),
    after: () => findCandidate(context, endOf(tallies)),
  };
}

/** An item that cannot be played is named for as long as that is so, not only when its turn comes; so it is asked about. */
function firstFailure(context: SearchContext): {
  readonly failure: MediaFailure | null;
  readonly actions: readonly Action[];
} {
  const { programme, media, items } = context;
  for (const key of programme.keys.slice(0, MOST_NAMED)) {
    const facts = media.facts(key);
    if (facts.kind === 'failed') {
      const again = inspection(context, { key, offsetMs: 0 }, facts, retryAfterMs(facts.failure));
      return { failure: facts.failure, actions: [again] };
    }
    const early = earlyEnd(items, key);
    if (early !== null) return { failure: early, actions: [] };
  }
  return { failure: null, actions: [] };
}

/** Looking through ten thousand items at every pass would be felt. */
const MOST_NAMED = 1_000;

/** What the item on air would be played as now, from where it is. */
function specOnAir(context: SearchContext, run: PlayoutRun, tallies: Tallies): PlayoutSpec | null {
  const { record } = run;
  if (record?.kind !== 'item') return null;
  const facts = context.media.facts(record.key);
  if (facts.kind !== 'ok') return null;
  const offsetMs = positionMs(record, (tallies.playouts[run.runId]?.outTimeMs ?? 0) + SWAP_TAKES_MS);
  const cursor: Cursor = { round: record.round, index: record.index, key: record.key, offsetMs };
  return itemSpec(facts.value, context.wish, cursor, budgetOf(context), context.scenery);
}

/** From the decision to replace a playout of the same item to its successor being on air. */
const SWAP_TAKES_MS = 1_000;

/** Where the programme will be when the run on air has ended. */
function endOf(tallies: Tallies): Cursor | null {
  const { cursor } = tallies;
  const onAir = Object.values(tallies.playouts).find((playout) => playout.onAir);
  if (cursor === null || onAir === undefined || onAir.record?.kind !== 'item') return cursor;
  const { durationMs, lengthMs, offsetMs } = onAir.record;
  const endMs = offsetMs + (lengthMs ?? 0);
  const ends = durationMs === null || lengthMs === null || endMs >= durationMs - 50;
  return { ...cursor, offsetMs: ends ? END_OF_ITEM : endMs };
}
