import fc from 'fast-check';
import { type FaultKind, lastingMs } from './fault.ts';

/** The binary is replaced by another version, or missing for a while. */
export const ffmpegChanges: FaultKind<{ readonly identity: number | null; readonly forMs: number }> = {
  name: 'ffmpeg changes',
  row: 'r',
  args: fc.record({ identity: fc.option(fc.constantFrom(1, 2, 3)), forMs: lastingMs }),
  happen({ machine }, { identity, forMs }) {
    machine.ffmpeg = identity === null ? { kind: 'missing' } : { kind: 'there', identity };
    if (identity !== null) return;
    machine.after(forMs, () => {
      if (machine.ffmpeg.kind === 'missing') machine.ffmpeg = { kind: 'there', identity: 4 };
    });
  },
};
