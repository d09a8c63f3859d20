import { followBroadcast } from './broadcast/age.ts';
import { countAir } from './memory/counters.ts';
import type { Memory, UplinkSeen } from './model/memory.ts';
import type { Moment } from './model/observation.ts';
import type { Action, Plan } from './model/plan.ts';
import { rowOf } from './model/rules.ts';
import type { Condition, Status } from './model/status.ts';
import { recordOf } from './playout/record.ts';
import { uplinkHealth } from './runs/uplink-health.ts';
import { conditionsOf } from './status/conditions.ts';
import type { StatusContext } from './status/context.ts';
import { statusOf } from './status/status.ts';
import { followTrouble } from './status/trouble.ts';

/** What a pass leaves: status, conditions, and the memory that follows from them and from `actions`. */
export function conclude(context: StatusContext, actions: readonly Action[]): Omit<Plan, 'upcoming' | 'flaws'> {
  const { memory, desired, observation, rules, now } = context;
  const seen = context.world !== null;
  const verdict = statusOf(context);
  const conditions = conditionsOf(context, verdict);
  const onAir = verdict.status === 'live' || verdict.status === 'degraded';
  const wanting = desired.kind === 'onAir' && !onAir;
  const next: Memory = {
    ...memory,
    uplink: {
      ...memory.uplink,
      current: startedUplink(actions) ?? memory.uplink.current,
      ingestRefused:
        rowOf(rules.uplink).precedesSession === true &&
        (memory.uplink.ingestRefused || observation.ingest.kind === 'refuses'),
    },
    playouts: { ...memory.playouts, ...startedPlayouts(actions, now) },
    suspendedMs: (seen ? observation.suspendedMs : null) ?? memory.suspendedMs,
    // When the processes could not be read, broadcast age and on-air time stay as they were.
    broadcast: seen ? followBroadcast(memory.broadcast, onAir, now) : memory.broadcast,
    air: seen ? countAir(memory.air, onAir, now) : memory.air,
    appliedHash: isApplied(context, verdict) ?? memory.appliedHash,
    downSinceMs: wanting ? (memory.downSinceMs ?? now.monoMs) : null,
    told: tell(memory, verdict, now),
    conditions: transitions(memory, conditions, now),
    trouble: followTrouble(memory.trouble, verdict, observation.notifier, now),
  };
  return { rules, actions, memory: next, verdict, conditions, youtube: context.youtube };
}

/** An uplink started in this pass is remembered at once: if it dies before the next look, that counts as a failure. */
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

/** The hash of the accepted file once the stream is all it says; null = not (yet). */
function isApplied({ desired, rules, world, now }: StatusContext, verdict: Status): string | null {
  switch (desired.kind) {
    case 'none':
      return null;
    case 'offAir':
      return desired.reason === 'StoppedByFile' && verdict.reason === 'StoppedByFile' && verdict.status === 'stopped'
        ? desired.hash
        : null;
    case 'onAir': {
      // With an item on air the file is applied, even if broken items were skipped; with the slate it is not.
      const isKept = rules.playout === 'playout-kept' && rules.uplink === 'uplink-kept';
      if (!isKept || !world?.uplink || world.holder?.record?.kind !== 'item') return null;
      return uplinkHealth(world.uplink, now.monoMs).kind === 'live' ? desired.hash : null;
    }
  }
}

function tell(memory: Memory, verdict: Status, now: Moment): Memory['told'] {
  const { told } = memory;
  const same = told?.status === verdict.status && told.reason === verdict.reason;
  return same ? told : { status: verdict.status, reason: verdict.reason, sinceWallMs: now.wallMs };
}

/** The time of a condition moves only when its status does. */
function transitions(memory: Memory, conditions: readonly Condition[], now: Moment): Memory['conditions'] {
  return Object.fromEntries(
    conditions.map(({ type, status }) => {
      const earlier = memory.conditions[type];
      return [type, earlier?.status === status ? earlier : { status, sinceWallMs: now.wallMs }];
    }),
  );
}
