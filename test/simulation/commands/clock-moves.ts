import fc from 'fast-check';
import type { FaultKind } from './fault.ts';

/** The wall clock is set, or the machine is suspended and wakes again. */
export const clockMoves: FaultKind<{ readonly stepMs: number } | { readonly suspendedMs: number }> = {
  name: 'clock moves',
  row: 'p',
  args: fc.oneof(
    fc.record({ stepMs: fc.constantFrom(3_600_000, -3_600_000, 40_000_000_000, -5) }),
    fc.record({ suspendedMs: fc.constantFrom(500, 20_000, 7_200_000) }),
  ),
  happen({ machine }, args) {
    if ('stepMs' in args) machine.wallStepMs += args.stepMs;
    else machine.suspend(args.suspendedMs);
  },
};
