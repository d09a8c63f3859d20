import type { Observation } from '../model/observation.ts';
import type { PlayoutRun, UplinkRun } from '../model/run.ts';

/** The runs of one look, sorted by their part in the stream. */
export interface World {
  readonly uplinks: readonly UplinkRun[];
  /** The oldest uplink; any other is a duplicate. */
  readonly uplink: UplinkRun | null;
  /** The playout on air: its gate holds `program.lock`. */
  readonly holder: PlayoutRun | null;
  /** The playout that takes over when the holder ends. */
  readonly waiter: PlayoutRun | null;
  /** Alive, and neither on air nor in line: starting, or broken. */
  readonly unplaced: readonly PlayoutRun[];
  /** In line behind the first waiter, or on air by another lock file than the holder's. */
  readonly surplus: readonly PlayoutRun[];
}

/** Sorts the runs; null when the processes could not be read: then nothing may be started, stopped or killed. */
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

/** Every living playout, whatever its place. */
export const livePlayouts = (world: World): readonly PlayoutRun[] =>
  [world.holder, world.waiter, ...world.unplaced, ...world.surplus].filter((run) => run !== null);
