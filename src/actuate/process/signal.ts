import { formatMarker, type Marker, MARKER_VARIABLE, type ProcessIdentity } from '../../reconcile/model/run.ts';
import { errorMessage } from '../../system/errors.ts';
import { parseProcStat, type ProcStat } from '../../system/proc-stat.ts';
import { readProc } from '../../system/proc.ts';

export type SignalResult =
  | { readonly kind: 'sent' }
  /** It is gone, or is not who was meant: nothing was sent. */
  | { readonly kind: 'withheld'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

/**
 * Signals a process, or its whole group, after making sure that it still is the one meant: same start ticks, our
 * marker. A PID that was reused gets nothing.
 */
export function sendSignal(
  target: ProcessIdentity,
  marker: Marker,
  signal: 'SIGTERM' | 'SIGKILL',
  scope: 'process' | 'group',
): SignalResult {
  const stat = statOf(target.pid);
  const doubt = doubtAbout(stat, target, marker);
  if (doubt !== null) return { kind: 'withheld', why: doubt };
  // Every run leads a session, and a process group of the same number. Group 0 is our own, and -1 means everybody.
  const group = stat?.sid ?? 0;
  if (scope === 'group' && group <= 1) return { kind: 'withheld', why: 'it has no session of its own' };
  try {
    process.kill(scope === 'group' ? -group : target.pid, signal);
    return { kind: 'sent' };
  } catch (error) {
    return { kind: 'failed', why: errorMessage(error) };
  }
}

function doubtAbout(stat: ProcStat | null, target: ProcessIdentity, marker: Marker): string | null {
  if (stat === null) return 'it is gone';
  if (stat.startTicks !== target.startTicks) return 'the PID belongs to another process by now';
  const environ = readProc(`/proc/${target.pid}/environ`);
  if (environ.kind !== 'text') return 'it is gone';
  const own = `${MARKER_VARIABLE}=${formatMarker(marker)}`;
  return environ.text.split('\0').includes(own) ? null : 'it does not carry our marker';
}

function statOf(pid: number): ProcStat | null {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat.kind === 'text' ? parseProcStat(stat.text) : null;
}
