import fc from 'fast-check';
import type { FaultKind } from './fault.ts';

/** Everything ends, nothing is deleted, the clocks begin anew. */
export const reboot: FaultKind<null> = {
  name: 'reboot',
  row: 'q',
  args: fc.constant(null),
  happen(simulation) {
    simulation.killDaemon();
    simulation.machine.reboot();
  },
};
