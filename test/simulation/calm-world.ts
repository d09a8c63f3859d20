import type { Connection } from './ingest.ts';
import { type Edit, yamlOf } from './library.ts';
import { type Happening, Simulation } from './simulation.ts';

const SETTINGS = { urlTtlS: 604_800, delayMs: 30_000, maxRetries: 3 };
/** From the start of the first daemon to a healthy uplink and a settled queue. */
const SETTLES_MS = 45_000;

/** What one fault did to a calm world. Times in virtual milliseconds after the fault. */
export interface Effect {
  readonly simulation: Simulation;
  /** How long no picture arrived, in all. */
  readonly darkMs: number;
  /** How much of the slate was seen, in all. */
  readonly slateMs: number;
  /** The sessions that began after it. */
  readonly sessions: readonly Connection[];
  readonly atMs: number;
}

/** A healthy stream that has been on air for a while. */
export async function calmWorld(
  seed: number,
  change: Partial<Simulation['settings']> = {},
  edit: Partial<Edit> = {},
): Promise<Simulation> {
  const simulation = new Simulation({ seed, settings: { ...SETTINGS, ...change }, steps: [] });
  simulation.edit = { ...simulation.edit, ...edit };
  simulation.machine.desired = yamlOf(simulation.edit);
  // Somewhere in the middle of a second, of a pass, of a GOP.
  await simulation.live(SETTLES_MS + simulation.machine.random.between(0, 5_000));
  return simulation;
}

/** The fault, and what happens within this time. */
export async function struck(simulation: Simulation, fault: Happening | (() => void), forMs: number): Promise<Effect> {
  const { machine } = simulation;
  const { darkMs, slateMs } = machine.ledger;
  const before = { darkMs, slateMs, sessions: machine.ingest.sessionCount, atMs: machine.nowMs };
  if (typeof fault === 'function') fault();
  else fault.happen(simulation);
  await simulation.live(forMs);
  const begun = machine.ingest.sessionCount - before.sessions;
  return {
    simulation,
    darkMs: machine.ledger.darkMs - before.darkMs,
    slateMs: machine.ledger.slateMs - before.slateMs,
    sessions: begun === 0 ? [] : machine.ingest.sessions.slice(-begun),
    atMs: before.atMs,
  };
}

/** The run ids of what is on air. */
export const onAir = ({ machine }: Simulation): readonly (string | undefined)[] => [
  machine.uplinks[0]?.runId,
  machine.playouts.find(({ place }) => place === 'holder')?.runId,
];

/** The key of the item on air; null = the slate, undefined = nothing. */
export function itemOnAir({ machine }: Simulation): string | null | undefined {
  const holder = machine.playouts.find(({ place }) => place === 'holder');
  if (holder === undefined) return undefined;
  return holder.spec.kind === 'item' ? holder.spec.facts.key : null;
}
