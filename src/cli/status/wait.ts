import { type CurrentStatus, silenceText } from './current-status.ts';
import { statusSentence } from './text.ts';
import { printable } from '../../text/terminal.ts';
import { duration } from '../../text/units.ts';

/** What an operator's script waits for. */
export interface Awaited {
  /** `settled`: all is as the file says; `offAir`: nothing is sent, on purpose. */
  readonly goal: 'settled' | 'offAir';
  /** Hash the file must have; null = whichever it has. */
  readonly hash: string | null;
  /** Hash it had before the edit, which the daemon may still report for a second. */
  readonly before: string | null;
}

interface WaitOutcome {
  /** `failed`: waiting longer would be in vain. */
  readonly kind: 'reached' | 'waiting' | 'failed';
  readonly line: string;
}

/** Whether what is seen is what is awaited, and the line that says so. */
export function judge({ answer, remains }: CurrentStatus, { goal, hash, before }: Awaited): WaitOutcome {
  if (answer.kind === 'silent') {
    if (goal === 'offAir' && remains?.isEmpty === true) return { kind: 'reached', line: 'off air: no daemon runs' };
    return { kind: 'waiting', line: printable(silenceText(answer, remains)) };
  }
  const { report } = answer;
  const { status, reason, desired, applied } = report;
  const line = statusSentence(report);
  if (hash !== null && desired.hash !== hash) {
    // A daemon reports no file before its first look, and the old one for up to a second after an edit.
    if (desired.hash === null || desired.hash === before) return { kind: 'waiting', line };
    return { kind: 'failed', line: 'desired.yaml was changed once more meanwhile, so this edit is no longer the wish' };
  }
  if (desired.file === 'invalid') return { kind: 'failed', line };
  const isStopped = status === 'stopped' && (goal === 'settled' || reason === 'StoppedByFile');
  const isLive = status === 'live' && goal === 'settled' && desired.hash !== null && applied.hash === desired.hash;
  return { kind: isStopped || isLive ? 'reached' : 'waiting', line };
}

/** Looks every half second until the outcome is final or the time is over; tells one line for each change. */
export async function waitFor(
  awaited: Awaited,
  limitMs: number,
  world: {
    readonly look: () => Promise<CurrentStatus>;
    readonly sleep: (ms: number) => Promise<unknown>;
    readonly nowMs: () => number;
    readonly tell: (line: string) => void;
  },
): Promise<'reached' | 'failed' | 'late'> {
  const startMs = world.nowMs();
  let told = '';
  for (;;) {
    const verdict = judge(await world.look(), awaited);
    const elapsedMs = world.nowMs() - startMs;
    if (verdict.line !== told) world.tell(`${duration(elapsedMs).padStart(5)}  ${verdict.line}`);
    told = verdict.line;
    if (verdict.kind !== 'waiting') return verdict.kind;
    if (elapsedMs >= limitMs) return 'late';
    await world.sleep(LOOK_EVERY_MS);
  }
}

const LOOK_EVERY_MS = 500;
