import fc from 'fast-check';
import { NO_ARTWORK } from '../../../src/reconcile/model/playout.ts';
import { slateSpec } from '../../../src/reconcile/playout/spec.ts';
import { newFeed } from '../feed.ts';
import type { FaultKind } from './fault.ts';
import { wishedSpec } from '../judge.ts';

type Kind = 'uplink' | 'uplink beside the lock' | 'playout' | 'playout without record';

/** A run with our marker that no daemon started: by hand, or by one that died before it could remember. */
export const strayRun: FaultKind<{ readonly kind: Kind }> = {
  name: 'stray run',
  row: 'n',
  args: fc.record({ kind: fc.constantFrom('uplink', 'uplink beside the lock', 'playout', 'playout without record') }),
  happen({ machine, daemon }, { kind }) {
    const { feed } = machine.dir;
    const spec = wishedSpec(machine);
    const living = machine.uplinks[0]?.feed ?? machine.playouts[0]?.feed ?? feed;
    if (living === null || spec === null || daemon === null) return;
    const runId = `stray-${Math.round(machine.nowMs)}`;
    if (kind === 'uplink') machine.startUplink(living, runId, 'abcdef012345');
    else if (kind === 'uplink beside the lock') {
      machine.strays.add(runId);
      machine.startUplink({ ...newFeed(), fifo: living.fifo }, runId, 'abcdef012345');
    } else {
      const run = { runId, specHash: 'abcdef012345', spec: slateSpec(spec, NO_ARTWORK), reservoirBytes: null };
      const record = kind === 'playout without record' ? '{"kind":"item","key":1}' : undefined;
      machine.startPlayout(living, run, Number.POSITIVE_INFINITY, record);
    }
  },
};
