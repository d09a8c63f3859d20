import fc from 'fast-check';
import type { FaultKind } from './fault.ts';

/** SIGKILL, out of memory: at once, or just before or after one of the next effects. */
export const daemonDies: FaultKind<{ readonly effects: number | null; readonly when: 'before' | 'after' }> = {
  name: 'daemon dies',
  row: 'a n',
  args: fc.record({ effects: fc.option(fc.nat(4)), when: fc.constantFrom('before', 'after') }),
  happen(simulation, { effects, when }) {
    const { daemon, machine } = simulation;
    if (daemon === null) return;
    if (effects === null) return simulation.killDaemon();
    daemon.doom = { effects, when };
    machine.after(4_000, () => simulation.daemon === daemon && simulation.killDaemon());
  },
};
