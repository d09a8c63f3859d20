import type { Observation } from '../model/observation.ts';
import type { PlayoutRun, UplinkRun } from '../model/run.ts';

/** The runs of one look, sorted by what they are for. */
export interface World {
  readonly uplinks: readonly UplinkRun[];
  /** The uplink that counts: the oldest; any other is a duplicate. */
  readonly uplink: UplinkRun | null;
  /** Whose bytes go to the uplink now. */
  readonly holder: PlayoutRun | null;
  /** Who takes over when the holder ends. */
  readonly waiter: PlayoutRun | null;
  /** Alive with neither place: coming up, or broken. */
  readonly unplaced: readonly PlayoutRun[];
  /** In line behind the first waiter, or holding another lock file than the holder's. */
  readonly surplus: readonly PlayoutRun[];
}

/** null when the processes could not be seen: then nothing may be started, stopped or killed. */
export function worldOf(observation: Observation): World | null {
  const { runs } = observation;
  if (runs.kind !== 'known') return null;
  const uplinks = [...runs.value.uplinks].sort(byAge);
  const playouts = [...runs.value.playouts].sort(byAge);
  const holders = playouts.filter((run) => run.gate?.place === 'holder');
  const waiters = playouts.filter((run) => run.gate?.place === 'waiter');
  return {
    uplinks,
    uplink: uplinks[0] ?? null,
    holder: holders[0] ?? null,
    waiter: waiters[0] ?? null,
    unplaced: playouts.filter((run) => run.gate === null || run.gate.place === 'neither'),
    surplus: [...holders.slice(1), ...waiters.slice(1)],
  };
}

const byAge = (a: { startedAtMs: number; runId: string }, b: { startedAtMs: number; runId: string }): number =>
  a.startedAtMs - b.startedAtMs || (a.runId < b.runId ? -1 : 1);

/** Every living playout, wherever it is. */
export const livePlayouts = (world: World): readonly PlayoutRun[] =>
  [world.holder, world.waiter, ...world.unplaced, ...world.surplus].filter((run) => run !== null);
