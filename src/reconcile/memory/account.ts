import { afterDeath, afterHealthy, HEALTHY_AFTER_MS, type RetryPolicy } from './backoff.ts';
import { restarted } from './counters.ts';
import { accountPlayouts } from './playouts.ts';
import type { Memory, UplinkMemory } from '../model/memory.ts';
import type { Moment, Observation, RunExit } from '../model/observation.ts';
import { livePlayouts, type World } from '../runs/world.ts';

/** Brings the memory up to what was just seen: who came, who died and how, and where the programme is. */
export function account(
  memory: Memory,
  observation: Observation,
  world: World,
  policy: RetryPolicy,
  now: Moment,
): Memory {
  const withUplink = accountUplink(memory, observation, world, policy, now);
  const withPlayouts = accountPlayouts(withUplink, observation, world, policy, now);
  const alive = new Set([...world.uplinks, ...livePlayouts(world)].map((run) => run.runId));
  return {
    ...withPlayouts,
    stopping: Object.fromEntries(Object.entries(withPlayouts.stopping).filter(([runId]) => alive.has(runId))),
  };
}

function accountUplink(
  memory: Memory,
  observation: Observation,
  world: World,
  policy: RetryPolicy,
  now: Moment,
): Memory {
  const { uplink } = memory;
  const run = world.uplink;
  const before = uplink.current;
  const died = before !== null && world.uplinks.every((other) => other.runId !== before.runId);
  const after = died ? uplinkDied(memory, before, observation, policy, now) : memory;
  if (run === null) return after;
  // Media time, not the time it was watched: an adopted uplink has been healthy for longer than this daemon has lived.
  const healthy = run.progress !== null && run.progress.outTimeMs >= HEALTHY_AFTER_MS;
  const proved = healthy && !(before?.runId === run.runId && before.healthy);
  const tally: UplinkMemory = {
    ...after.uplink,
    backoff: proved ? afterHealthy(after.uplink.backoff, now.monoMs) : after.uplink.backoff,
    current: {
      runId: run.runId,
      healthy,
      // Once for each: the two clocks are apart by some milliseconds more or less at every look.
      sinceWallMs:
        (before?.runId === run.runId ? before.sinceWallMs : null) ?? now.wallMs - (now.monoMs - run.startedAtMs),
    },
    ingestRefused: false,
  };
  return { ...after, uplink: tally };
}

function uplinkDied(
  memory: Memory,
  dead: { readonly runId: string; readonly healthy: boolean },
  observation: Observation,
  policy: RetryPolicy,
  now: Moment,
): Memory {
  const { uplink } = memory;
  const stopped = memory.stopping[dead.runId];
  // Ended by us for the operator's sake: no failure. Ended by us because it hung: one.
  if (stopped !== undefined && stopped.manner === 'graceful') {
    return { ...memory, uplink: { ...uplink, current: null, ingestRefused: false } };
  }
  const exit = observation.exits.find((other) => other.runId === dead.runId);
  const reason = stopped?.reason ?? describeExit(exit);
  const backoff = afterDeath(uplink.backoff, policy, dead.healthy, now.monoMs);
  // What never got healthy has cost its wait. Were it remembered as well, an outage of the ingest that is long over
  // would make the next death of a healthy uplink wait.
  const { deathsAtMs } = dead.healthy ? backoff : uplink.backoff;
  return {
    ...memory,
    uplink: {
      backoff: { ...backoff, deathsAtMs },
      current: null,
      lastFailure: reason,
      ingestRefused: false,
    },
    restarts: restarted(memory.restarts, reason, now),
  };
}

function describeExit(exit: RunExit | undefined): string {
  if (exit === undefined) return 'the uplink vanished';
  const how = exit.signal !== null ? `killed by ${exit.signal}` : exit.code === null ? 'ended' : `exit ${exit.code}`;
  return exit.lastError === null ? `uplink ${how}` : `uplink ${how}: ${exit.lastError}`;
}
