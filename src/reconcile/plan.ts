import { account } from './account.ts';
import { countAir } from './air.ts';
import type { RetryPolicy } from './backoff.ts';
import { decidePlayout, type PlayoutDecision } from './decide-playout.ts';
import { decideQueue, type QueueDecision } from './decide-queue.ts';
import { decideUplink, type UplinkDecision } from './decide-uplink.ts';
import { viewMedia } from './media-plan.ts';
import type { Intent, Wish } from './model/desired.ts';
import type { StopManner, Stopping, Tallies, UplinkSeen } from './model/memory.ts';
import type { Moment, Observation } from './model/observation.ts';
import type { Action, Plan } from './model/plan.ts';
import type { FiredRules } from './model/rules.ts';
import type { Run } from './model/run.ts';
import type { Condition, Verdict } from './model/status.ts';
import { recordOf, slateSpec } from './playout-spec.ts';
import { carriedOn, followBroadcast, followRecycle, isPaused } from './recycle.ts';
import { type IngestTarget, sessionHash } from './session.ts';
import { conditionsOf, type StatusContext, verdictOf } from './status.ts';
import { isHarsher, stopStep } from './stop.ts';
import { upcomingOf } from './upcoming.ts';
import { obstacleOf, wishOf } from './wish.ts';
import { livePlayouts, uplinkHealth, type World, worldOf } from './world.ts';

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
  const spec = observation.desired.accepted?.spec ?? null;
  if (world === null) {
    const wish = wishOf(observation, settings.intent, isPaused(before.recycle, now));
    return planBlind(wish, observation, before, now);
  }
  const suspendedMs = observation.suspendedMs - (before.suspendedMs ?? observation.suspendedMs);
  const broadcast = carriedOn(before.broadcast, world.uplink, suspendedMs, now);
  const recycle = followRecycle(before.recycle, broadcast, observation.recycle, spec, now);
  const wish = wishOf(observation, settings.intent, isPaused(recycle, now));
  const tallies = account({ ...before, recycle, broadcast }, observation, world, settings.policy, now);
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
  const upcoming = world.holder === null ? null : upcomingOf(media.following(world.holder), world.holder);
  const context = { wish, observation, world, tallies: stopped, rules, mediaFailure: media.failure, now };
  return { ...conclude(context, [...actions, ...rest]), upcoming };
}

/** Nobody could look: nothing is done, and that is said. */
function planBlind(wish: Wish, observation: Observation, tallies: Tallies, now: Moment): Plan {
  const rules: FiredRules = { uplink: 'uplink-unseen', playout: 'playout-unseen', queue: 'queue-closed' };
  return {
    ...conclude({ wish, observation, world: null, tallies, rules, mediaFailure: null, now }, []),
    upcoming: null,
  };
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

function conclude(context: StatusContext, actions: readonly Action[]): Omit<Plan, 'upcoming'> {
  const { tallies, wish, observation, rules, now } = context;
  const seen = context.world !== null;
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
    suspendedMs: seen ? observation.suspendedMs : tallies.suspendedMs,
    // What nobody could see has neither ended nor gone on.
    broadcast: seen ? followBroadcast(tallies.broadcast, onAir, now) : tallies.broadcast,
    air: seen ? countAir(tallies.air, onAir, now) : tallies.air,
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
function startedUplink(actions: readonly Action[]): UplinkSeen | null {
  const start = actions.find((action) => action.kind === 'startUplink');
  return start === undefined ? null : { runId: start.runId, healthy: false, sinceWallMs: null };
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

/** The ingest acknowledges what it is sent. */
const isOnAir = (world: World | null, now: Moment): boolean =>
  world?.uplink !== null && world !== null && uplinkHealth(world.uplink, now.monoMs).kind === 'live';

/** The hash of the accepted file once all it says is so; null = not (yet). */
function isApplied({ wish, rules, world, now }: StatusContext, verdict: Verdict): string | null {
  switch (wish.kind) {
    case 'none':
      return null;
    case 'offAir':
      return wish.reason === 'StoppedByFile' && verdict.reason === 'StoppedByFile' && verdict.status === 'stopped'
        ? wish.hash
        : null;
    case 'onAir': {
      // An item that is skipped because it is broken does not keep the file from being applied; a slate does.
      const settled = rules.playout === 'playout-kept' && rules.uplink === 'uplink-kept';
      return settled && isOnAir(world, now) && world?.holder?.record?.kind === 'item' ? wish.hash : null;
    }
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
