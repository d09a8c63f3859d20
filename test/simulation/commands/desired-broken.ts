import fc from 'fast-check';
import { BROKEN_TEXTS, yamlOf } from '../library.ts';
import type { FaultKind } from './fault.ts';

/** The file is broken, half written or deleted; some time later it is as before, or stays so. */
export const desiredBroken: FaultKind<{ readonly text: number | null; readonly forMs: number | null }> = {
  name: 'desired.yaml broken',
  row: 'l',
  args: fc.record({
    text: fc.option(fc.nat(BROKEN_TEXTS.length - 1)),
    forMs: fc.option(fc.constantFrom(200, 3_000, 30_000)),
  }),
  happen(simulation, { text, forMs }) {
    const { machine } = simulation;
    const broken = text === null ? null : (BROKEN_TEXTS[text] ?? null);
    machine.desired = broken;
    simulation.daemon?.wake();
    if (forMs === null) return;
    machine.after(forMs, () => {
      if (machine.desired === broken) machine.desired = yamlOf(simulation.edit);
      simulation.daemon?.wake();
    });
  },
};
