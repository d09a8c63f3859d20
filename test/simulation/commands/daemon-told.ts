import fc from 'fast-check';
import type { FaultKind } from './fault.ts';

/** A signal from people: hand over, go off air and end, or an attempt to start a second daemon. */
export const daemonTold: FaultKind<{ readonly what: 'handOver' | 'stop' | 'start' }> = {
  name: 'daemon told',
  row: 'b n',
  args: fc.record({ what: fc.constantFrom('handOver', 'handOver', 'stop', 'start') }),
  happen(simulation, { what }) {
    const { daemon } = simulation;
    if (what === 'start') return simulation.start();
    if (daemon === null) return;
    if (what === 'handOver') daemon.loop.handOver();
    else {
      daemon.stopping = true;
      daemon.loop.stop();
    }
    daemon.wake();
  },
};
