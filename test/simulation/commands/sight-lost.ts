import fc from 'fast-check';
import { type FaultKind, lastingMs } from './fault.ts';

/** `/proc` cannot be read, or nothing can be started, for a while. */
export const sightLost: FaultKind<{ readonly what: 'blind' | 'no fork'; readonly forMs: number }> = {
  name: 'sight lost',
  row: 'n',
  args: fc.record({ what: fc.constantFrom('blind', 'no fork'), forMs: lastingMs }),
  happen({ machine }, { what, forMs }) {
    const set = (on: boolean): void => {
      if (what === 'blind') machine.blind = on;
      else machine.spawnFails = on;
    };
    set(true);
    machine.after(forMs, () => set(false));
  },
};
