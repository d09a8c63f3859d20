import fc from 'fast-check';
import { KEYS, newObject } from '../library.ts';
import type { FaultKind } from './fault.ts';

type Change = 'deleted' | 'forbidden' | 'truncated' | 'undecodable' | 'replaced' | 'well';

/** Something happens to an object of the store, which may be on air, and it stays so. */
export const objectChanges: FaultKind<{ readonly key: string; readonly change: Change }> = {
  name: 'object changes',
  row: 'i',
  args: fc.record({
    key: fc.constantFrom(...KEYS),
    change: fc.constantFrom('deleted', 'forbidden', 'truncated', 'undecodable', 'replaced', 'well', 'well'),
  }),
  happen({ machine }, { key, change }) {
    const { objects } = machine.store;
    const version = (objects.get(key)?.version ?? 1) + 1;
    const whole = newObject(key, version);
    if (change === 'deleted') objects.delete(key);
    else if (change === 'forbidden') objects.set(key, { ...whole, forbidden: true });
    else if (change === 'truncated') objects.set(key, { ...whole, truncatedAtMs: whole.realMs / 3 });
    else if (change === 'undecodable') objects.set(key, { ...whole, decodable: false });
    else objects.set(key, whole);
  },
};
