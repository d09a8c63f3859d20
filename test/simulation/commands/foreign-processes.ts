import fc from 'fast-check';
import { MARKER_VARIABLE } from '../../../src/reconcile/model/run.ts';
import type { FaultKind } from './fault.ts';
import { spawnIdle } from '../ffmpeg.ts';

/** Others start and end processes, so that PIDs come round soon; one kills a run and takes its PID at once. */
export const foreignProcesses: FaultKind<{ readonly count: number; readonly takesPidOf: 'uplink' | 'holder' | null }> =
  {
    name: 'foreign processes',
    row: 'n',
    args: fc.record({ count: fc.nat(30), takesPidOf: fc.option(fc.constantFrom('uplink', 'holder')) }),
    happen({ machine }, { count, takesPidOf }) {
      const { kernel } = machine;
      const victim =
        takesPidOf === 'uplink'
          ? machine.uplinks[0]?.process
          : machine.playouts.find(({ place }) => place === 'holder')?.main;
      if (takesPidOf !== null && victim?.alive === true) kernel.signal(victim.pid, 'SIGKILL', 'process');
      const others = [...kernel.processes.values()].filter(({ environ }) => environ[MARKER_VARIABLE] === undefined);
      for (const other of others.slice(8)) kernel.end(other, { code: 0, signal: null });
      for (let started = 0; started < count; started++) {
        const process = spawnIdle(kernel);
        if (victim !== undefined && victim !== null && process.pid === victim.pid) break;
        kernel.end(process, { code: 0, signal: null });
      }
    },
  };
