import { account, countAir, livePlayouts } from './account.ts';
import type { RetryPolicy } from './backoff.ts';
import {
  budgetOf,
  findCandidate,
  viewProgramme,
  type ProgrammeView,
  type Search,
  type SearchContext,
} from './candidate.ts';
import { decidePlayout, type PlayoutDecision } from './decide-playout.ts';
import { decideQueue, type QueueDecision } from './decide-queue.ts';
import { decideUplink, type UplinkDecision } from './decide-uplink.ts';
import type { MediaFailure } from './item.ts';
import type { Moment, Observation } from './observation.ts';
import type { Action, FiredRules, Plan } from './plan-types.ts';
import { itemSpec, recordOf, slateSpec, NO_SCENERY, type PlayoutSpec, type Scenery } from './playout-spec.ts';
import type { Cursor } from './programme.ts';
import type { PlayoutRun, Run } from './run.ts';
import { viewScenery } from './scenery.ts';
import { sessionHash, type IngestTarget } from './session.ts';
import { conditionsOf, verdictOf, type Condition, type Verdict } from './status.ts';
import { isHarsher, stopStep } from './stop.ts';
import type { Stopping, StopManner, Tallies } from './tallies.ts';
import { obstacleOf, wishOf, type Intent, type Wish } from './wish.ts';
import { positionMs, worldOf, type World } from './world.ts';

/** What does not change while a daemon lives, except its intent. */
export interface PlanSettings {
  readonly policy: RetryPolicy;
  readonly urlTtlMs: number;
  /** null = no stream key. */
  readonly target: IngestTarget | null;
  /** Names this state directory; seeds the shuffle. */
  readonly stateId: string;
  readonly intent: Intent;
}

/**
 * Decides everything, does nothing: from what is wished, seen and remembered to the effects of this pass. The same
 * arguments give the same plan.
 */
export function plan(settings: PlanSettings, observation: Observation, before: Tallies, now: Moment): Plan {
  const world = worldOf(observation);
  const wish = wishOf(observation, settings.intent);
  if (world === null) return planBlind(wish, observation, before, now);
  const bitrateKbps = wish.kind === 'onAir' ? wish.spec.bitrateKbps : DEFAULT_BITRATE_KBPS;
  const tallies = account(before, observation, world, settings.policy, bitrateKbps, now);
  const media = viewMedia(settings, observation, wish, tallies, now);
  const obstacle = obstacleOf(observation) !== null || settings.target === null;
  const wished = wish.kind === 'onAir' && settings.target !== null ? sessionHash(settings.target, wish.spec) : null;

  const playout = decidePlayout({
    wish,
    world,
    tallies,
    programme: media.view?.kind === 'ready' ? media.view.programme : null,
    search: media.search,
    scenery: media.scenery,
    specFor: (run) => media.specFor(run, tallies),
    obstacle: obstacle || observation.toolchain.kind !== 'ready',
    sessionHash: wished,
    now,
  });
  const uplink = decideUplink({
    wish,
    world,
    observation,
    tallies,
    policy: settings.policy,
    sessionHash: wished,
    suspendedBeforeMs: before.suspendedMs,
    playoutStarts: playout.actions.some((action) => action.kind === 'startPlayout'),
    obstacle,
    now,
  });
  const queue: QueueDecision =
    wish.kind === 'onAir' &&
    media.after !== null &&
    observation.toolchain.kind === 'ready' &&
    uplink.rule !== 'uplink-renew'
      ? decideQueue({
          slate: slateSpec(wish.spec, media.scenery),
          world,
          tallies,
          playout,
          next: media.after,
          urlTtlMs: settings.urlTtlMs,
          now,
        })
      : { rule: 'queue-closed', stops: [], actions: [] };

  const rules: FiredRules = { uplink: uplink.rule, playout: playout.rule, queue: queue.rule };
  const ending = endRuns([uplink, playout, queue], tallies, world, now);
  // The uplink first: it empties the FIFO before a new playout's first key frame gets there.
  const actions = [...media.actions, ...ending.actions, ...uplink.actions, ...playout.actions, ...queue.actions];
  const rest = finish(settings, observation, world, wish, actions);
  const stopped: Tallies = { ...tallies, stopping: ending.stopping };
  return conclude({ wish, observation, world, tallies: stopped, rules, mediaFailure: media.failure, now }, [
    ...actions,
    ...rest,
  ]);
}

const DEFAULT_BITRATE_KBPS = 3_000;

/** Nobody could look: nothing is done, and that is said. */
function planBlind(wish: Wish, observation: Observation, tallies: Tallies, now: Moment): Plan {
  const rules: FiredRules = { uplink: 'uplink-unseen', playout: 'playout-unseen', queue: 'queue-closed' };
  return conclude({ wish, observation, world: null, tallies, rules, mediaFailure: null, now }, []);
}

interface MediaPlan {
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

function viewMedia(
  settings: PlanSettings,
  observation: Observation,
  wish: Wish,
  tallies: Tallies,
  now: Moment,
): MediaPlan {
  if (wish.kind !== 'onAir') return NO_MEDIA;
  const { spec } = wish;
  const { scenery, actions: keeping } = viewScenery(spec, observation.media);
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
  return {
    view,
    search,
    scenery,
    failure: search.failure,
    actions: [...keeping, ...view.actions, ...search.actions],
    specFor: (run, seen) => specOnAir(context, run, seen),
    after: () => findCandidate(context, endOf(tallies)),
  };
}

/** What the item on air would be played as now, from where it is. */
function specOnAir(context: SearchContext, run: PlayoutRun, tallies: Tallies): PlayoutSpec | null {
  const { record } = run;
  if (record?.kind !== 'item') return null;
  const facts = context.media.facts(record.key);
  if (facts.kind !== 'ok') return null;
  const offsetMs = positionMs(
    record,
    (tallies.playouts[run.runId]?.outTimeMs ?? 0) + SWAP_TAKES_MS,
    context.wish.bitrateKbps,
  );
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
  return { ...cursor, offsetMs: ends ? Number.MAX_SAFE_INTEGER : endMs };
}

/** One step of ending for every run a rule wants ended or that is being ended already. */
function endRuns(
  decisions: readonly (UplinkDecision | PlayoutDecision | QueueDecision)[],
  tallies: Tallies,
  world: World,
  now: Moment,
): { readonly stopping: Readonly<Record<string, Stopping>>; readonly actions: readonly Action[] } {
  const wishes = new Map<string, { run: Run; manner: StopManner; reason: string }>();
  for (const run of [...world.uplinks, ...livePlayouts(world)]) {
    const begun = tallies.stopping[run.runId];
    if (begun !== undefined) wishes.set(run.runId, { run, manner: begun.manner, reason: begun.reason });
  }
  for (const stop of decisions.flatMap(({ stops }) => stops)) {
    const other = wishes.get(stop.run.runId);
    if (other === undefined || isHarsher(stop.manner, other.manner)) wishes.set(stop.run.runId, stop);
  }
  const stopping: Record<string, Stopping> = {};
  const actions: Action[] = [];
  for (const [runId, { run, manner, reason }] of wishes) {
    const step = stopStep(run, tallies.stopping[runId], { manner, reason }, now.monoMs);
    stopping[runId] = step.stopping;
    actions.push(...step.actions);
  }
  return { stopping, actions };
}

/** Clean-up after the dead, and the daemon's own end once all is off air. */
function finish(
  settings: PlanSettings,
  observation: Observation,
  world: World,
  wish: Wish,
  actions: readonly Action[],
): readonly Action[] {
  const rest: Action[] = observation.exits.map(({ runId, role }) => ({ kind: 'forgetRun', runId, role }));
  const empty = world.uplinks.length === 0 && livePlayouts(world).length === 0;
  const exits = actions.some((action) => action.kind === 'exit');
  if (settings.intent === 'stop' && wish.kind === 'offAir' && empty && !exits) {
    rest.push({ kind: 'exit', code: 0, message: 'off air, as told' });
  }
  return rest;
}

interface Conclusion {
  readonly wish: Wish;
  readonly observation: Observation;
  readonly world: World | null;
  readonly tallies: Tallies;
  readonly rules: FiredRules;
  readonly mediaFailure: MediaFailure | null;
  readonly now: Moment;
}

function conclude(context: Conclusion, actions: readonly Action[]): Plan {
  const { tallies, wish, observation, rules, now } = context;
  const verdict = verdictOf(context);
  const conditions = conditionsOf(context, verdict);
  const onAir = verdict.status === 'live' || verdict.status === 'degraded';
  const wanting = wish.kind === 'onAir' && !onAir;
  const next: Tallies = {
    ...tallies,
    uplink: {
      ...tallies.uplink,
      current: startedUplink(actions) ?? tallies.uplink.current,
      ingestRefused:
        UNPUBLISHED.includes(rules.uplink) && (tallies.uplink.ingestRefused || observation.ingest.kind === 'refuses'),
    },
    playouts: { ...tallies.playouts, ...startedPlayouts(actions) },
    suspendedMs: observation.suspendedMs,
    air: countAir(tallies.air, onAir, now),
    appliedHash: isApplied(context, verdict) ?? tallies.appliedHash,
    downSinceMs: wanting ? (tallies.downSinceMs ?? now.monoMs) : null,
    told: tell(tallies, verdict, now),
    conditions: transitions(tallies, conditions, now),
  };
  return { rules, actions, tallies: next, verdict, conditions };
}

/** Rules under which the next session is still to come, so that a refusal seen meanwhile is remembered. */
const UNPUBLISHED: readonly string[] = ['uplink-waiting', 'uplink-renew', 'uplink-unfed'];

/** An uplink started in this pass is remembered at once, so that one that dies unseen still counts as a failure. */
function startedUplink(actions: readonly Action[]): { readonly runId: string; readonly healthy: boolean } | null {
  const start = actions.find((action) => action.kind === 'startUplink');
  return start === undefined ? null : { runId: start.runId, healthy: false };
}

function startedPlayouts(actions: readonly Action[]): Tallies['playouts'] {
  const starts = actions.filter((action) => action.kind === 'startPlayout');
  return Object.fromEntries(
    starts.map(({ runId, spec }) => [
      runId,
      { record: recordOf(spec), outTimeMs: 0, onAir: false, unplacedSinceMs: null },
    ]),
  );
}

/** The hash of the accepted file once all it says is so; null = not (yet). */
function isApplied({ wish, rules }: Conclusion, verdict: Verdict): string | null {
  switch (wish.kind) {
    case 'none':
      return null;
    case 'offAir':
      return wish.reason === 'StoppedByFile' && verdict.status === 'stopped' ? wish.hash : null;
    case 'onAir':
      return verdict.status === 'live' && rules.playout === 'playout-kept' && rules.uplink === 'uplink-kept'
        ? wish.hash
        : null;
  }
}

function tell(tallies: Tallies, verdict: Verdict, now: Moment): Tallies['told'] {
  const { told } = tallies;
  const same = told?.status === verdict.status && told.reason === verdict.reason;
  return same ? told : { status: verdict.status, reason: verdict.reason, sinceWallMs: now.wallMs };
}

/** The time of a condition moves only when its status does. */
function transitions(tallies: Tallies, conditions: readonly Condition[], now: Moment): Tallies['conditions'] {
  return Object.fromEntries(
    conditions.map(({ type, status }) => {
      const earlier = tallies.conditions[type];
      return [type, earlier?.status === status ? earlier : { status, sinceWallMs: now.wallMs }];
    }),
  );
}
