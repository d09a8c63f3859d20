import fc from 'fast-check';
import { STATE_FILES } from '../../../src/state/files.ts';
import type { FaultKind } from './fault.ts';

const OLDER_STATE = JSON.stringify({ bootId: 'boot-0', tallies: { uplink: null, version: 0 } });

/** What a daemon remembers is lost, broken, or older than what happened; PID files name others. */
export const stateSpoiled: FaultKind<{ readonly what: 'lost' | 'cut' | 'foreign' | 'older' | 'pids' }> = {
  name: 'state spoiled',
  row: 'm n',
  args: fc.record({ what: fc.constantFrom('lost', 'cut', 'foreign', 'older', 'pids') }),
  happen({ machine, stateText }, { what }) {
    const { texts } = machine.dir;
    switch (what) {
      case 'lost':
        texts.clear();
        return;
      case 'cut':
        if (stateText !== null) texts.set(STATE_FILES.state, stateText.slice(0, stateText.length / 2));
        return;
      case 'foreign':
        texts.set(STATE_FILES.state, '{"status":"live","uplink":[]}');
        return;
      case 'older':
        texts.set(STATE_FILES.state, OLDER_STATE);
        return;
      case 'pids':
        for (const name of [STATE_FILES.uplinkPid, STATE_FILES.playoutPid, STATE_FILES.nextPid])
          texts.set(name, '101\n');
    }
  },
};
