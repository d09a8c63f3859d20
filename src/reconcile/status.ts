import type { SpecProblem, Wish } from './model/desired.ts';
import type { Tallies } from './model/memory.ts';
import type { Moment, Observation, RecycleSchedule } from './model/observation.ts';
import type { MediaFailure, Reason } from './model/reasons.ts';
import type { FiredRules } from './model/rules.ts';
import type { Condition, Verdict } from './model/status.ts';
import { broadcastAgeMs, isComingBack, isPassedOver, LONGEST_BROADCAST_MS } from './recycle.ts';
import { sceneryProblem } from './scenery.ts';
import { uplinkTrouble } from './uplink-trouble.ts';
import { obstacleOf } from './wish.ts';
import { uplinkHealth, type UplinkHealth, type World } from './world.ts';

export interface StatusContext {
  readonly wish: Wish;
  readonly observation: Observation;
  /** null = the processes could not be seen. */
  readonly world: World | null;
  readonly tallies: Tallies;
  readonly rules: FiredRules;
  /** What is wrong with the media wished, even if something else is on air. */
  readonly mediaFailure: MediaFailure | null;
  readonly now: Moment;
}

/** A new uplink that has not sent anything for this long is no longer "on the way". */
const STARTING_FOR_MS = 20_000;

/** The truth in one word: `live` and `degraded` only while the ingest acknowledges bytes. */
export function verdictOf(context: StatusContext): Verdict {
  const { wish, world, observation, now } = context;
  if (world === null) {
    const why = observation.runs.kind === 'unknown' ? observation.runs.why : 'the processes could not be seen';
    return { status: 'down', reason: 'ObservationFailed', message: why };
  }
  const health = world.uplink === null ? null : uplinkHealth(world.uplink, now.monoMs);
  switch (wish.kind) {
    case 'none':
      return health?.kind === 'live'
        ? { status: 'degraded', reason: wish.reason, message: wish.message }
        : { status: 'down', reason: wish.reason, message: wish.message };
    case 'offAir':
      if (wish.reason === 'ShuttingDown')
        return { status: 'stopping', reason: wish.reason, message: 'the daemon was told to end' };
      if (wish.reason === 'Recycling')
        return { status: 'stopped', reason: 'Recycling', message: recycleMessage(context) };
      return world.uplink === null && world.holder === null
        ? stoppedVerdict(observation)
        : { status: 'stopping', reason: 'StoppedByFile', message: 'going off air as desired.yaml says' };
    case 'onAir': {
      const verdict = health === null ? offAirVerdict(context) : onAirVerdict(context, world, health, wish.hash);
      // The few seconds until the next broadcast has begun belong to the pause: no monitor is to ring for them.
      return verdict.status === 'starting' && isComingBack(context.tallies.recycle, now)
        ? { status: 'stopped', reason: 'Recycling', message: 'the next broadcast is about to begin' }
        : verdict;
    }
  }
}

/** Whoever switches on with a typo elsewhere in the file must not be told that all is as wished. */
function stoppedVerdict({ desired }: Observation): Verdict {
  const { file } = desired;
  switch (file.kind) {
    case 'ok':
      return { status: 'stopped', reason: 'StoppedByFile', message: 'desired.yaml says running: false' };
    case 'invalid': {
      const message = `desired.yaml is refused, and the last good one says running: false; ${firstProblem(file.problems)}`;
      return { status: 'stopped', reason: 'DesiredInvalid', message };
    }
    case 'missing':
      return {
        status: 'stopped',
        reason: 'DesiredMissing',
        message: `${file.message}; the last good one says running: false`,
      };
  }
}

function recycleMessage({ tallies, now }: StatusContext): string {
  const seconds = Math.max(0, Math.ceil(((tallies.recycle.pausedUntilMs ?? now.monoMs) - now.monoMs) / 1000));
  return `the broadcast was ended as planned; the next begins in ${seconds} s`;
}

function offAirVerdict(context: StatusContext): Verdict {
  const { observation, rules, tallies, now } = context;
  const obstacle = obstacleOf(observation);
  if (obstacle !== null) return { status: 'down', ...obstacle };
  const { backoff } = tallies.uplink;
  if (rules.uplink === 'uplink-waiting' || backoff.failures > 0) {
    const seconds = Math.max(0, Math.ceil((backoff.notBeforeMs - now.monoMs) / 1000));
    const soon = observation.ingest.kind === 'refuses' ? ', or as soon as its port answers' : '';
    return troubled(context, `trying again ${seconds > 0 ? `in ${seconds} s${soon}` : 'now'}`);
  }
  const message = observation.toolchain.kind === 'checking' ? 'looking at FFmpeg' : 'the uplink is about to start';
  return { status: 'starting', reason: 'Starting', message };
}

/** The same words whether it is being waited or tried; only what is done about it differs. */
function troubled({ observation, tallies }: StatusContext, whatNext: string): Verdict {
  const { lastFailure, ingestRefused } = tallies.uplink;
  const { reason, message } = uplinkTrouble(lastFailure, observation.ingest.kind === 'refuses' || ingestRefused);
  return { status: 'down', reason, message: `${message}; ${whatNext}` };
}

function onAirVerdict(context: StatusContext, world: World, health: UplinkHealth, hash: string): Verdict {
  const { tallies, rules, now } = context;
  const downForMs = now.monoMs - (tallies.downSinceMs ?? now.monoMs);
  switch (health.kind) {
    case 'connecting':
      if (tallies.uplink.backoff.failures > 0) return troubled(context, 'trying again now');
      return downForMs < STARTING_FOR_MS
        ? { status: 'starting', reason: 'Connecting', message: 'the uplink is connecting to the ingest' }
        : { status: 'down', reason: 'IngestUnresponsive', message: 'the ingest takes no data' };
    case 'silent':
      return {
        status: 'down',
        reason: 'UplinkSilent',
        message: `nothing has reached the ingest for ${Math.round(health.forMs / 1000)} s`,
      };
    case 'lagging':
      return lagging(health.unackedMs);
    case 'live':
      break;
  }
  const { file } = context.observation.desired;
  if (file.kind === 'invalid')
    return { status: 'degraded', reason: 'DesiredInvalid', message: firstProblem(file.problems) };
  if (file.kind === 'missing') return { status: 'degraded', reason: 'DesiredMissing', message: file.message };
  if (world.holder?.record?.kind === 'slate') {
    const { mediaFailure } = context;
    return mediaFailure === null
      ? { status: 'degraded', reason: 'SlateShowing', message: 'the slate is on air until the media is ready' }
      : { status: 'degraded', reason: mediaFailure.reason, message: mediaFailure.message };
  }
  if (world.holder === null)
    return { status: 'degraded', reason: 'PlayoutMissing', message: 'no playout feeds the uplink' };
  // After a restart of the daemon the facts of what plays have to be fetched anew; that alone is no change.
  const settled =
    rules.playout === 'playout-kept' ||
    (rules.playout === 'playout-undecided' && world.holder.record !== null && tallies.appliedHash === hash);
  if (!settled) {
    return { status: 'degraded', reason: 'Converging', message: 'on air, and changing to what desired.yaml says' };
  }
  if (context.mediaFailure !== null) {
    return { status: 'degraded', reason: context.mediaFailure.reason, message: context.mediaFailure.message };
  }
  return { status: 'live', reason: 'OnAir', message: describeItem(world) };
}

const lagging = (unackedMs: number): Verdict => ({
  status: unackedMs > 2 * 5_000 ? 'down' : 'degraded',
  reason: 'UplinkLagging',
  message: `the ingest has acknowledged nothing for ${(unackedMs / 1000).toFixed(1)} s`,
});

const firstProblem = (problems: readonly SpecProblem[]): string => {
  const first = problems[0];
  return first === undefined ? 'refused' : `line ${first.line}, column ${first.column}: ${first.message}`;
};

function describeItem(world: World): string {
  const record = world.holder?.record;
  return record?.kind === 'item' ? `${JSON.stringify(record.key)} is on air` : 'on air';
}

/** The same facts, one by one. */
export function conditionsOf(context: StatusContext, verdict: Verdict): readonly Condition[] {
  return [
    desiredCondition(context),
    uplinkCondition(context),
    programmeCondition(context, verdict),
    broadcastCondition(context),
    ...sceneryConditions(context),
    ...keyConditions(context),
  ];
}

function desiredCondition({ observation }: StatusContext): Condition {
  const type = 'DesiredAccepted';
  const { file } = observation.desired;
  switch (file.kind) {
    case 'ok':
      return { type, status: 'True', reason: 'Accepted', message: 'desired.yaml is valid' };
    case 'invalid':
      return { type, status: 'False', reason: 'DesiredInvalid', message: firstProblem(file.problems) };
    case 'missing':
      return { type, status: 'False', reason: 'DesiredMissing', message: file.message };
  }
}

function uplinkCondition({ world, now }: StatusContext): Condition {
  const type = 'UplinkAcknowledged';
  if (world === null)
    return { type, status: 'Unknown', reason: 'ObservationFailed', message: 'the processes could not be seen' };
  if (world.uplink === null) return { type, status: 'False', reason: 'NoUplink', message: 'there is no uplink' };
  const health = uplinkHealth(world.uplink, now.monoMs);
  return health.kind === 'live'
    ? { type, status: 'True', reason: 'Acknowledged', message: 'the ingest acknowledges bytes' }
    : { type, status: 'False', reason: NOT_ACKNOWLEDGED[health.kind], message: `the uplink is ${health.kind}` };
}

const NOT_ACKNOWLEDGED: Readonly<Record<Exclude<UplinkHealth['kind'], 'live'>, Reason>> = {
  connecting: 'UplinkConnecting',
  lagging: 'UplinkLagging',
  silent: 'UplinkSilent',
};

/** Whether the hours of this broadcast can come to count: only one under 12 hours becomes a video. */
function broadcastCondition({ observation, tallies, now }: StatusContext): Condition {
  const type = 'BroadcastCountable';
  const ageMs = broadcastAgeMs(tallies.broadcast, now);
  const age = `the broadcast is ${hoursText(ageMs)} old`;
  const { recycle } = observation;
  const plan = recycle === null ? 'no recycle is planned' : recycleText(recycle, ageMs, now.wallMs);
  const isDueInTime = recycle !== null && ageMs + (recycle.nextWallMs - now.wallMs) < LONGEST_BROADCAST_MS;
  if (ageMs > LONGEST_BROADCAST_MS - WARN_BEFORE_MS && !isDueInTime) {
    const message = `${age}, and YouTube makes a video only of those under 12 h; ${plan}`;
    return { type, status: 'False', reason: 'BroadcastTooLong', message };
  }
  if (recycle !== null) return { type, status: 'True', reason: 'RecycleScheduled', message: `${plan}; ${age}` };
  return { type, status: 'True', reason: 'BroadcastYoung', message: `${age}; ${plan}` };
}

/** What the next firing will do, as far as can be told beforehand. */
function recycleText({ nextWallMs, followingWallMs }: RecycleSchedule, ageMs: number, wallMs: number): string {
  const next = new Date(nextWallMs).toISOString();
  const ageThenMs = ageMs + nextWallMs - wallMs;
  if (ageMs > 0 && followingWallMs > nextWallMs && isPassedOver(ageThenMs, followingWallMs - nextWallMs)) {
    const following = new Date(followingWallMs).toISOString();
    return `the recycle at ${next} is passed over, as the one at ${following} still comes in time`;
  }
  const tooLate = ageMs > 0 && ageThenMs >= LONGEST_BROADCAST_MS;
  return `the next recycle is due at ${next}${tooLate ? `, at an age of ${hoursText(ageThenMs)}: too late` : ''}`;
}

const hoursText = (ms: number): string => `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms / 60_000) % 60)} min`;

/** Slate and visual are wanted when nothing else is at hand, so it is told beforehand that they would be missing. */
function sceneryConditions({ wish, observation }: StatusContext): readonly Condition[] {
  const type = 'SceneryAtHand';
  if (wish.kind !== 'onAir' || (wish.spec.slate === null && wish.spec.visual === null)) return [];
  const problem = sceneryProblem(wish.spec, observation.media);
  if (problem !== null) return [{ type, status: 'False', ...problem }];
  return [{ type, status: 'True', reason: 'SceneryKept', message: 'slate and visual are kept on this machine' }];
}

/** Where FFmpeg can be given the stream key in the command line only, that is said for as long as it is so. */
function keyConditions({ observation }: StatusContext): readonly Condition[] {
  const type = 'StreamKeyHidden';
  const { toolchain } = observation;
  if (toolchain.kind !== 'ready') return [];
  if (toolchain.keyDelivery === 'preset') {
    return [{ type, status: 'True', reason: 'KeyInPreset', message: 'the stream key is in no command line' }];
  }
  const message = `FFmpeg ${toolchain.version} ignores the preset that hides the stream key: every user of this machine can read it in the process list; use an FFmpeg before 8.1, or mount /proc with hidepid=2`;
  return [{ type, status: 'False', reason: 'KeyInCommandLine', message }];
}

/** How long before the limit it is said that nothing ends the broadcast in time. */
const WARN_BEFORE_MS = 45 * 60_000;

function programmeCondition({ world, mediaFailure }: StatusContext, verdict: Verdict): Condition {
  const type = 'ProgrammeOnAir';
  if (verdict.status === 'live') return { type, status: 'True', reason: 'OnAir', message: verdict.message };
  if (mediaFailure !== null) return { type, status: 'False', ...mediaFailure };
  const { holder } = world ?? { holder: null };
  const what =
    holder === null ? 'nothing plays' : holder.record?.kind === 'slate' ? 'the slate plays' : 'an item plays';
  const isOnAir = verdict.status === 'degraded' && holder?.record?.kind === 'item';
  return { type, status: isOnAir ? 'True' : 'False', reason: verdict.reason, message: what };
}
