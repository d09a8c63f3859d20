import fc from 'fast-check';
import { type FaultKind, lastingMs } from './fault.ts';

/** The disk is full or read-only for a while, or somebody deletes the state directory. */
export const diskFails: FaultKind<{ readonly what: 'full' | 'readonly' | 'deleted'; readonly forMs: number }> = {
  name: 'disk fails',
  row: 'm',
  args: fc.record({ what: fc.constantFrom('full', 'readonly', 'deleted'), forMs: lastingMs }),
  happen({ machine }, { what, forMs }) {
    if (what === 'deleted') {
      machine.dir.delete();
      machine.probes.clear();
      return;
    }
    machine.dir.disk = what;
    machine.after(forMs, () => {
      if (machine.dir.disk === what) machine.dir.disk = 'ok';
    });
  },
};
