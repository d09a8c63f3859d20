import { afterDeath, afterHealthy, HEALTHY_AFTER_MS } from './backoff.ts';
import type { AccountContext } from './context.ts';
import { restarted } from './counters.ts';
import { accountPlayouts } from './playouts.ts';
import type { Memory, UplinkMemory, UplinkSeen } from '../model/memory.ts';
import type { RunExit } from '../model/observation.ts';
import { livePlayouts } from '../runs/world.ts';

/** Brings the memory up to what was just seen: who came, who died and how, and where the programme is. */
export function account(before: Memory, context: AccountContext): Memory {
  const memory = accountPlayouts(accountUplink(before, context), context);
  const { world } = context;
  const alive = new Set([...world.uplinks, ...livePlayouts(world)].map((run) => run.runId));
  const stopping = Object.entries(memory.stopping).filter(([runId]) => alive.has(runId));
  return { ...memory, stopping: Object.fromEntries(stopping) };
}

function accountUplink(memory: Memory, context: AccountContext): Memory {
  const { world, now } = context;
  const run = world.uplink;
  const before = memory.uplink.current;
  const died = before !== null && world.uplinks.every((other) => other.runId !== before.runId);
  const after = died ? uplinkDied(memory, before, context) : memory;
  if (run === null) return after;
  const known = before?.runId === run.runId ? before : null;
  // Media time, not the time it was watched: an adopted uplink has been healthy for longer than this daemon has lived.
  const healthy = run.progress !== null && run.progress.outTimeMs >= HEALTHY_AFTER_MS;
  const { backoff } = after.uplink;
  const uplink: UplinkMemory = {
    ...after.uplink,
    backoff: healthy && known?.healthy !== true ? afterHealthy(backoff, now.monoMs) : backoff,
    // `sinceWallMs` is kept from the first look: the two clocks differ by some milliseconds more or less at each.
    current: {
      runId: run.runId,
      healthy,
      sinceWallMs: known?.sinceWallMs ?? now.wallMs - (now.monoMs - run.startedAtMs),
    },
    ingestRefused: false,
  };
  return { ...after, uplink };
}

function uplinkDied(memory: Memory, dead: UplinkSeen, { observation, policy, now }: AccountContext): Memory {
  const { uplink } = memory;
  const stopped = memory.stopping[dead.runId];
  // Ended gracefully by us it is no failure; ended by us because it hung it is one.
  if (stopped?.manner === 'graceful') {
    return { ...memory, uplink: { ...uplink, current: null, ingestRefused: false } };
  }
  const lastFailure = stopped?.reason ?? describeExit(observation.exits.find(({ runId }) => runId === dead.runId));
  const backoff = afterDeath(uplink.backoff, policy, dead.healthy, now.monoMs);
  // The death of an uplink that was never healthy has cost its wait. It is not added to the deaths as well, or an outage of
  // the ingest that is over would make the next death of a healthy uplink wait.
  const { deathsAtMs } = dead.healthy ? backoff : uplink.backoff;
  return {
    ...memory,
    uplink: { backoff: { ...backoff, deathsAtMs }, current: null, lastFailure, ingestRefused: false },
    restarts: restarted(memory.restarts, lastFailure, now),
  };
}

function describeExit(exit: RunExit | undefined): string {
  if (exit === undefined) return 'the uplink vanished';
  const how = exit.signal !== null ? `killed by ${exit.signal}` : exit.code === null ? 'ended' : `exit ${exit.code}`;
  return exit.lastError === null ? `uplink ${how}` : `uplink ${how}: ${exit.lastError}`;
}
