import fc from 'fast-check';
import type { SimProcess } from '../kernel.ts';
import type { Simulation } from '../simulation.ts';
import type { FaultKind } from './fault.ts';

const VICTIMS = [
  'uplink',
  'holder',
  'holder gate',
  'holder reservoir',
  'waiter',
  'waiter gate',
  'waiter reservoir',
] as const;
export type Victim = (typeof VICTIMS)[number];

/** A signal out of nowhere to one of the processes that carry the stream. */
export const runHarmed: FaultKind<{
  readonly victim: Victim;
  readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP';
  /** After how long a stopped one goes on; null = never. */
  readonly goesOnMs: number | null;
}> = {
  name: 'run harmed',
  row: 'c d e f',
  args: fc.record({
    victim: fc.constantFrom(...VICTIMS),
    signal: fc.constantFrom('SIGKILL', 'SIGSTOP', 'SIGTERM', 'SIGKILL'),
    goesOnMs: fc.option(fc.constantFrom(200, 1_500, 4_000, 15_000)),
  }),
  happen(simulation, { victim, signal, goesOnMs }) {
    const { kernel } = simulation.machine;
    const process = find(simulation, victim);
    if (process === null || !process.alive) return;
    kernel.signal(process.pid, signal, 'process');
    if (signal !== 'SIGSTOP' || goesOnMs === null) return;
    simulation.machine.after(goesOnMs, () => process.alive && kernel.signal(process.pid, 'SIGCONT', 'process'));
  },
};

export function find({ machine }: Simulation, victim: Victim): SimProcess | null {
  const at = (place: string) => machine.playouts.find((playout) => playout.place === place);
  switch (victim) {
    case 'uplink':
      return machine.uplinks[0]?.process ?? null;
    case 'holder':
      return at('holder')?.main ?? null;
    case 'holder gate':
      return at('holder')?.gate ?? null;
    case 'holder reservoir':
      return at('holder')?.reservoir ?? null;
    case 'waiter':
      return at('waiter')?.main ?? null;
    case 'waiter gate':
      return at('waiter')?.gate ?? null;
    case 'waiter reservoir':
      return at('waiter')?.reservoir ?? null;
  }
}
