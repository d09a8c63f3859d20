import fc from 'fast-check';
import type { Happening, Simulation } from '../simulation.ts';

/** One kind of fault: its row in the table of faults, what can vary about it, and what it does to the world. */
export interface FaultKind<Args> {
  readonly name: string;
  readonly row: string;
  readonly args: fc.Arbitrary<Args>;
  readonly happen: (simulation: Simulation, args: Args) => void;
}

/** A fault with its arguments chosen. */
export const faultOf = <Args>(kind: FaultKind<Args>, args: NoInfer<Args>): Happening => ({
  name: `${kind.name} ${JSON.stringify(args)}`,
  happen: (simulation) => kind.happen(simulation, args),
});

export const arbitraryFault = <Args>(kind: FaultKind<Args>): fc.Arbitrary<Happening> =>
  kind.args.map((args) => faultOf(kind, args));

/** How long a fault lasts. */
export const lastingMs: fc.Arbitrary<number> = fc.constantFrom(300, 1_200, 4_000, 9_000, 25_000, 90_000);
