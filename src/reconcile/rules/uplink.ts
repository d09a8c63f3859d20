import { exhausted, type RetryPolicy } from '../memory/backoff.ts';
import type { DesiredState } from '../model/desired.ts';
import type { Memory, StopManner } from '../model/memory.ts';
import type { Moment, Observation } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { UplinkRule } from '../model/rules.ts';
import type { PlayoutRun, Run, UplinkRun } from '../model/run.ts';
import { FOR_GOOD_MS, paceOf } from '../runs/pace.ts';
import { livePlayouts, type World } from '../runs/world.ts';

/** What is to happen to the uplink. `stops`: runs to end, with manner and reason. */
export interface UplinkDecision {
  readonly rule: UplinkRule;
  readonly stops: readonly { readonly run: Run; readonly manner: StopManner; readonly reason: string }[];
  readonly actions: readonly Action[];
}

export interface UplinkContext {
  readonly wish: DesiredState;
  readonly world: World;
  readonly observation: Observation;
  readonly tallies: Memory;
  readonly policy: RetryPolicy;
  /** Hash of the session that is wished; null when none is. */
  readonly sessionHash: string | null;
  /** A playout can be started in this very pass. */
  readonly playoutStarts: boolean;
  readonly obstacle: boolean;
  /** How long the machine was suspended since the pass before. */
  readonly suspendedMs: number;
  readonly now: Moment;
}

/** Unacknowledged bytes for this long: the ingest hangs (a send queue shows it within 4 s, measured). */
export const UNACKED_LIMIT_MS = 4_500;
/** No progress for this long while the playout is held back by a full pipe: the uplink hangs. */
export const STALLED_LIMIT_MS = 5_000;
/** A suspension of this length is told by the clocks, which also drift apart a little by themselves. */
const SUSPENDED_MS = 2_000;
/** A stopped process this long without progress is not merely being looked at by a debugger. */
const FROZEN_LIMIT_MS = 2_000;
/** FLV timestamps jump back to 0 at 2^31 ms, 24.86 days; a planned new session comes before that. */
const OLDEST_UPLINK_MS = 24 * 86_400_000;
/** How long an uplink may take from its start to its first sent byte while it is being fed. */
const CONNECT_LIMIT_MS = 10_000;

export function decideUplink(context: UplinkContext): UplinkDecision {
  const { wish, world, observation, tallies, now } = context;
  const { uplink } = world;
  if (world.uplinks.length > 1) {
    const stops = world.uplinks.slice(1).map((run) => ({ run, manner: 'kill' as const, reason: 'a second uplink' }));
    return { rule: 'uplink-duplicate', stops, actions: [] };
  }
  if (wish.kind === 'none') return keep('uplink-unsettled');
  if (wish.kind === 'offAir') {
    return uplink === null ? keep('uplink-off') : stop('uplink-unwished', uplink, 'graceful', 'off air is wished');
  }
  if (uplink === null) return decideStart(context);

  const begun = tallies.stopping[uplink.runId];
  if (begun !== undefined) return stop('uplink-stopping', uplink, begun.manner, begun.reason);
  const lastGrowthMs = uplink.progress?.advancedAtMs ?? uplink.startedAtMs;
  const silentMs = now.monoMs - lastGrowthMs;
  if (context.suspendedMs > SUSPENDED_MS) {
    return stop('uplink-resumed', uplink, 'kill', 'the machine was suspended; the ingest has long hung up');
  }
  if (uplink.life === 'frozen' && silentMs > FROZEN_LIMIT_MS) {
    return stop('uplink-frozen', uplink, 'kill', 'the uplink is frozen');
  }
  // What can wait waits until a successor is sure to start.
  const canFollow = !context.obstacle && observation.toolchain.kind === 'ready';
  if (canFollow && context.sessionHash !== null && uplink.specHash !== context.sessionHash) {
    return stop('uplink-session-changed', uplink, 'graceful', 'the session is wished otherwise');
  }
  if (uplink.sendQueue.kind === 'known' && uplink.sendQueue.value.unackedMs > UNACKED_LIMIT_MS) {
    return stop('uplink-unacknowledged', uplink, 'kill', 'the ingest acknowledges nothing');
  }
  if (isStalled(uplink, world.holder, silentMs)) {
    return stop('uplink-stalled', uplink, 'brisk', 'the uplink makes no progress though it is fed');
  }
  if (canFollow && isBelated(uplink)) {
    return stop('uplink-belated', uplink, 'brisk', 'viewers watch the past, and the line is wide again');
  }
  if (canFollow && isApart(context)) {
    return stop('uplink-apart', uplink, 'graceful', 'picture and sound would stay apart');
  }
  if (canFollow && now.monoMs - uplink.startedAtMs > OLDEST_UPLINK_MS) {
    return stop('uplink-aged', uplink, 'graceful', 'the session nears the end of FLV time');
  }
  return keep('uplink-kept');
}

/** The playout is held back, so it is not the uplink's input that is missing. */
function isStalled(uplink: UplinkRun, holder: PlayoutRun | null, silentMs: number): boolean {
  if (holder?.gate?.flow !== 'held') return false;
  const connecting = uplink.progress === null || uplink.progress.firstAtMs === null;
  return silentMs > (connecting ? CONNECT_LIMIT_MS : STALLED_LIMIT_MS);
}

/**
 * It has fallen behind for good and now sends faster than the clock: what held it back is over, and a new session is at
 * the present at once, where this one would pour the past out on viewers.
 */
function isBelated(uplink: UplinkRun): boolean {
  const pace = paceOf(uplink.pace);
  return pace !== null && pace.lagMs > FOR_GOOD_MS && pace.catchesUp;
}

/**
 * One stream of what is on air has been missing. The uplink continues the time of each stream for itself, so whatever
 * follows would be as far apart until the end of the session (23 s measured after an item of 2 s of picture and 25 of sound).
 */
const isApart = ({ world, tallies }: UplinkContext): boolean =>
  world.holder !== null && (tallies.playouts[world.holder.runId]?.missing ?? null) !== null;

function decideStart(context: UplinkContext): UplinkDecision {
  const { wish, world, observation, tallies, policy, sessionHash, now } = context;
  const { backoff, ingestRefused } = tallies.uplink;
  if (wish.kind !== 'onAir' || sessionHash === null || context.obstacle || observation.toolchain.kind !== 'ready') {
    return keep('uplink-blocked');
  }
  if (exhausted(backoff, policy)) {
    const message = `gave up after ${backoff.failures} failures of the uplink in a row; the last: ${tallies.uplink.lastFailure ?? 'unknown'}`;
    return { rule: 'uplink-given-up', stops: [], actions: [{ kind: 'exit', code: 1, message }] };
  }
  const ingestIsBack = ingestRefused && observation.ingest.kind === 'accepts';
  if (now.monoMs < backoff.notBeforeMs && !ingestIsBack) {
    return { rule: 'uplink-waiting', stops: [], actions: [{ kind: 'probeIngest' }] };
  }
  const live = livePlayouts(world);
  if (live.length > 0) {
    // What is in the pipes begins anywhere in a GOP, and may be of another format: a session begins with a key frame.
    const stops = live.map((run) => ({
      run,
      manner: 'kill' as const,
      reason: 'a new session begins with a key frame',
    }));
    return { rule: 'uplink-renew', stops, actions: [] };
  }
  if (!context.playoutStarts) return keep('uplink-unfed');
  const start: Action = { kind: 'startUplink', runId: `${now.nonce}-u`, specHash: sessionHash };
  return { rule: 'uplink-start', stops: [], actions: [start] };
}

const keep = (rule: UplinkRule): UplinkDecision => ({ rule, stops: [], actions: [] });

const stop = (rule: UplinkRule, run: UplinkRun, manner: StopManner, reason: string): UplinkDecision => ({
  rule,
  stops: [{ run, manner, reason }],
  actions: [],
});
