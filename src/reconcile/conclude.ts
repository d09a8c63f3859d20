import { followBroadcast } from './broadcast/age.ts';
import { countAir } from './memory/counters.ts';
import type { Memory, UplinkSeen } from './model/memory.ts';
import type { Moment } from './model/observation.ts';
import type { Action, Plan } from './model/plan.ts';
import { rowOf } from './model/rules.ts';
import type { Condition, Status } from './model/status.ts';
import { recordOf } from './playout/record.ts';
import { uplinkHealth } from './runs/uplink-health.ts';
import type { World } from './runs/world.ts';
import { conditionsOf } from './status/conditions.ts';
import type { StatusContext } from './status/context.ts';
import { statusOf } from './status/status.ts';
import { followTrouble } from './status/trouble.ts';

export function conclude(context: StatusContext, actions: readonly Action[]): Omit<Plan, 'upcoming' | 'flaws'> {
  const { tallies, wish, observation, rules, now } = context;
  const seen = context.world !== null;
  const verdict = statusOf(context);
  const conditions = conditionsOf(context, verdict);
  const onAir = verdict.status === 'live' || verdict.status === 'degraded';
  const wanting = wish.kind === 'onAir' && !onAir;
  const next: Memory = {
    ...tallies,
    uplink: {
      ...tallies.uplink,
      current: startedUplink(actions) ?? tallies.uplink.current,
      ingestRefused:
        rowOf(rules.uplink).precedesSession === true &&
        (tallies.uplink.ingestRefused || observation.ingest.kind === 'refuses'),
    },
    playouts: { ...tallies.playouts, ...startedPlayouts(actions, now) },
    suspendedMs: (seen ? observation.suspendedMs : null) ?? tallies.suspendedMs,
    // What nobody could see has neither ended nor gone on.
    broadcast: seen ? followBroadcast(tallies.broadcast, onAir, now) : tallies.broadcast,
    air: seen ? countAir(tallies.air, onAir, now) : tallies.air,
    appliedHash: isApplied(context, verdict) ?? tallies.appliedHash,
    downSinceMs: wanting ? (tallies.downSinceMs ?? now.monoMs) : null,
    told: tell(tallies, verdict, now),
    conditions: transitions(tallies, conditions, now),
    trouble: followTrouble(tallies.trouble, verdict, observation.notifier, now),
  };
  return { rules, actions, tallies: next, verdict, conditions, youtube: context.youtube };
}

/** An uplink started in this pass is remembered at once, so that one that dies unseen still counts as a failure. */
function startedUplink(actions: readonly Action[]): UplinkSeen | null {
  const start = actions.find((action) => action.kind === 'startUplink');
  return start === undefined ? null : { runId: start.runId, healthy: false, sinceWallMs: null };
}

function startedPlayouts(actions: readonly Action[], now: Moment): Memory['playouts'] {
  const starts = actions.filter((action) => action.kind === 'startPlayout');
  return Object.fromEntries(
    starts.map(({ runId, spec, seenAtWallMs }) => [
      runId,
      { ...NOT_SEEN, record: recordOf(spec, seenAtWallMs), seenAtMs: now.monoMs },
    ]),
  );
}

const NOT_SEEN = {
  outTimeMs: 0,
  airedMs: 0,
  bufferedMs: 0,
  onAir: false,
  unplacedSinceMs: null,
  ended: null,
  missing: null,
};

/** The ingest acknowledges what it is sent. */
const isOnAir = (world: World | null, now: Moment): boolean =>
  world?.uplink !== null && world !== null && uplinkHealth(world.uplink, now.monoMs).kind === 'live';

/** The hash of the accepted file once all it says is so; null = not (yet). */
function isApplied({ wish, rules, world, now }: StatusContext, verdict: Status): string | null {
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

function tell(tallies: Memory, verdict: Status, now: Moment): Memory['told'] {
  const { told } = tallies;
  const same = told?.status === verdict.status && told.reason === verdict.reason;
  return same ? told : { status: verdict.status, reason: verdict.reason, sinceWallMs: now.wallMs };
}

/** The time of a condition moves only when its status does. */
function transitions(tallies: Memory, conditions: readonly Condition[], now: Moment): Memory['conditions'] {
  return Object.fromEntries(
    conditions.map(({ type, status }) => {
      const earlier = tallies.conditions[type];
      return [type, earlier?.status === status ? earlier : { status, sinceWallMs: now.wallMs }];
    }),
  );
}
