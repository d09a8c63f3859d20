import fc from 'fast-check';
import { type FaultKind, lastingMs } from './fault.ts';
import type { IngestMode } from '../ingest.ts';

/** The ingest misbehaves for a while; `reset` = it hangs up on those who publish as well. */
export const ingestFails: FaultKind<{ readonly mode: IngestMode; readonly reset: boolean; readonly forMs: number }> = {
  name: 'ingest fails',
  row: 'g h o',
  args: fc.record({
    mode: fc.constantFrom('accept', 'refuse', 'rejectPublish', 'blackhole', 'hang', 'thin'),
    reset: fc.boolean(),
    forMs: lastingMs,
  }),
  happen({ machine }, { mode, reset, forMs }) {
    machine.ingest.mode = mode;
    if (reset) machine.ingest.resetAll();
    machine.after(forMs, () => {
      if (machine.ingest.mode === mode) machine.ingest.mode = 'accept';
    });
  },
};
