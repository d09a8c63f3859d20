import { readFileSync } from 'node:fs';
import { formatMarker, type Marker, MARKER_VARIABLE, type ProcessIdentity } from '../../reconcile/model/run.ts';

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
  const doubt = doubtAbout(target, marker);
  if (doubt !== null) return { kind: 'withheld', why: doubt };
  try {
    const session = sessionOf(target.pid);
    // Group 0 is our own, and -1 means everybody.
    if (scope === 'group' && !(session > 1)) return { kind: 'withheld', why: 'it has no session of its own' };
    process.kill(scope === 'group' ? -session : target.pid, signal);
    return { kind: 'sent' };
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
}

function doubtAbout(target: ProcessIdentity, marker: Marker): string | null {
  try {
    const stat = fieldsOf(target.pid);
    if (Number(stat[19]) !== target.startTicks) return 'the PID belongs to another process by now';
    const environ = readFileSync(`/proc/${target.pid}/environ`, 'utf8').split('\0');
    return environ.includes(`${MARKER_VARIABLE}=${formatMarker(marker)}`) ? null : 'it does not carry our marker';
  } catch {
    return 'it is gone';
  }
}

/** Every run leads a session, and a process group of the same number. */
const sessionOf = (pid: number): number => Number(fieldsOf(pid)[3]);

function fieldsOf(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
}
