import fc from 'fast-check';
import { type FaultKind, lastingMs } from './fault.ts';
import type { StoreMode } from '../store.ts';

/** The store is slow, silent or away for a while. */
export const storeFails: FaultKind<{ readonly mode: StoreMode; readonly forMs: number }> = {
  name: 'store fails',
  row: 'j',
  args: fc.record({ mode: fc.constantFrom('slow', 'dead', 'down'), forMs: lastingMs }),
  happen({ machine }, { mode, forMs }) {
    machine.store.mode = mode;
    machine.after(forMs, () => {
      if (machine.store.mode === mode) machine.store.mode = 'up';
    });
  },
};
