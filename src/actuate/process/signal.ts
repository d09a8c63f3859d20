import type { ActionResult } from '../../reconcile/ports.ts';
import { formatMarker, type Marker, MARKER_VARIABLE, type ProcessIdentity } from '../../reconcile/model/run.ts';
import { errorMessage } from '../../system/errors.ts';
import { parseProcStat, type ProcStat } from '../../system/proc-stat.ts';
import { readProc } from '../../system/proc.ts';

/**
 * Signals a process, or its whole group, if it is still the one that was observed: the same start ticks, and our marker.
 * `withheld`: it is gone, another one has its PID, or it cannot be told whether it is ours; nothing was sent.
 */
export function sendSignal(
  target: ProcessIdentity,
  marker: Marker,
  signal: 'SIGTERM' | 'SIGKILL',
  scope: 'process' | 'group',
): ActionResult {
  const read = readProc(`/proc/${target.pid}/stat`);
  const stat = read.kind === 'text' ? parseProcStat(read.text) : null;
  const doubt = read.kind === 'refused' ? `it cannot be looked at: ${read.code}` : doubtAbout(stat, target, marker);
  if (doubt !== null) return { kind: 'withheld', why: doubt };
  // Every run leads a session, and a process group of the same number. Group 0 is our own, and -1 means everybody.
  const group = stat?.sid ?? 0;
  if (scope === 'group' && group <= 1) return { kind: 'withheld', why: 'it has no session of its own' };
  try {
    process.kill(scope === 'group' ? -group : target.pid, signal);
    return { kind: 'done' };
  } catch (error) {
    return { kind: 'failed', why: errorMessage(error) };
  }
}

function doubtAbout(stat: ProcStat | null, target: ProcessIdentity, marker: Marker): string | null {
  if (stat === null) return 'it is gone';
  if (stat.startTicks !== target.startTicks) return 'the PID belongs to another process by now';
  const environ = readProc(`/proc/${target.pid}/environ`);
  if (environ.kind === 'refused') return `it cannot be looked at: ${environ.code}`;
  if (environ.kind === 'gone') return 'it is gone';
  const own = `${MARKER_VARIABLE}=${formatMarker(marker)}`;
  return environ.text.split('\0').includes(own) ? null : 'it does not carry our marker';
}
