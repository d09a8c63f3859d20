import type { Memory } from '../model/memory.ts';
import type { Moment } from '../model/observation.ts';
import type { UplinkRule } from '../model/rules.ts';
import type { PlayoutRun, UplinkRun } from '../model/run.ts';
import { FOR_GOOD_MS, paceOf } from '../runs/pace.ts';
import type { World } from '../runs/world.ts';
import { type Decision, decision, stop } from './decision.ts';

export interface UplinkContext {
  readonly world: World;
  readonly memory: Memory;
  /** Hash of the desired session; null = off air is desired, or there is no stream key. */
  readonly sessionHash: string | null;
  /** Something prevents every start, such as a missing FFmpeg. */
  readonly obstacle: boolean;
  /** How long the machine was suspended since the pass before this one. */
  readonly suspendedMs: number;
  readonly now: Moment;
}

/** Unacknowledged bytes for this long: the ingest hangs (the send queue shows it within 4 s, measured). */
const UNACKED_LIMIT_MS = 4_500;
/** No progress for this long while the playout is held back by a full pipe: the uplink hangs. */
const STALLED_LIMIT_MS = 5_000;
/** From this length on a suspension counts: the two clocks also drift apart a little by themselves. */
const SUSPENDED_MS = 2_000;
/** A stopped process without progress for this long is more than a debugger's glance. */
const FROZEN_LIMIT_MS = 2_000;
/** FLV timestamps jump back to 0 at 2^31 ms, 24.86 days; a planned new session comes before that. */
const OLDEST_UPLINK_MS = 24 * 86_400_000;
/** How long an uplink may take from its start to its first sent byte while it is being fed. */
const CONNECT_LIMIT_MS = 10_000;

/** Decides about the one living uplink while on air is desired. */
export function decideUplink(context: UplinkContext, uplink: UplinkRun): Decision<UplinkRule> {
  const { world, memory, now } = context;
  const begun = memory.stopping[uplink.runId];
  if (begun !== undefined) return stop('uplink-stopping', uplink, begun.manner, begun.reason);
  const lastGrowthMs = uplink.progress?.advancedAtMs ?? uplink.startedAtMs;
  const silentMs = now.monoMs - lastGrowthMs;
  if (context.suspendedMs > SUSPENDED_MS) {
    return stop('uplink-resumed', uplink, 'kill', 'the machine was suspended; the ingest has long hung up');
  }
  if (uplink.life === 'frozen' && silentMs > FROZEN_LIMIT_MS) {
    return stop('uplink-frozen', uplink, 'kill', 'the uplink is frozen');
  }
  // These rules wait until nothing prevents the start of a successor.
  const canFollow = !context.obstacle;
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
  return decision('uplink-kept');
}

/** Makes no progress although the playout is held back, so input is there. */
function isStalled(uplink: UplinkRun, holder: PlayoutRun | null, silentMs: number): boolean {
  if (holder?.gate?.flow !== 'held') return false;
  const connecting = uplink.progress === null || uplink.progress.firstAtMs === null;
  return silentMs > (connecting ? CONNECT_LIMIT_MS : STALLED_LIMIT_MS);
}

/**
 * Has fallen behind by more than 30 s and now sends faster than the clock: what held it back is over. A new session shows the
 * present at once, while this one would first send all that it is behind.
 */
function isBelated(uplink: UplinkRun): boolean {
  const pace = paceOf(uplink.pace);
  return pace !== null && pace.lagMs > FOR_GOOD_MS && pace.catchesUp;
}

/**
 * One stream of the item on air is missing. The uplink continues the time of each stream by itself, so picture and sound stay
 * apart to the end of the session (by 23 s, measured after an item of 2 s of picture and 25 s of sound).
 */
const isApart = ({ world, memory }: UplinkContext): boolean =>
  world.holder !== null && (memory.playouts[world.holder.runId]?.missing ?? null) !== null;
