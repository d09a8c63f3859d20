import fc from 'fast-check';
import type { Stream } from '../../../src/reconcile/model/run.ts';
import { KEYS, newObject } from '../library.ts';
import type { FaultKind } from './fault.ts';

/** An object is replaced by one of which, from some place on, one stream is missing, and its container does not say so. */
export const itemOneSided: FaultKind<{ readonly key: string; readonly stream: Stream; readonly fromMs: number }> = {
  name: 'item one-sided',
  row: 'i',
  args: fc.record({
    key: fc.constantFrom(...KEYS),
    stream: fc.constantFrom('picture', 'sound'),
    fromMs: fc.constantFrom(0, 2_000, 20_000),
  }),
  happen({ machine }, { key, stream, fromMs }) {
    const { objects } = machine.store;
    const version = (objects.get(key)?.version ?? 1) + 1;
    objects.set(key, { ...newObject(key, version), missing: { stream, fromMs } });
  },
};
