import fc from 'fast-check';
import type { FaultKind } from './fault.ts';

/** An FFmpeg hangs: it runs, does nothing any more, and hears nothing but SIGKILL. */
export const runWedged: FaultKind<{ readonly role: 'uplink' | 'holder' | 'waiter' }> = {
  name: 'run wedged',
  row: 'e f',
  args: fc.record({ role: fc.constantFrom('uplink', 'holder', 'waiter') }),
  happen({ machine }, { role }) {
    const program = role === 'uplink' ? machine.uplinks[0] : machine.playouts.find(({ place }) => place === role);
    if (program !== undefined) program.wedged = true;
  },
};
