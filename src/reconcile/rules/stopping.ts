import { type Memory, STOP_MANNERS, type StopManner, type Stopping } from '../model/memory.ts';
import type { Moment } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { livePlayouts, type World } from '../runs/world.ts';
import type { Stop } from './decision.ts';

/** The next signals for every run that a rule ends now or that is being ended already. */
export function endRuns(
  decisions: readonly { readonly stops: readonly Stop[] }[],
  memory: Memory,
  world: World,
  now: Moment,
): { readonly stopping: Readonly<Record<string, Stopping>>; readonly actions: readonly Action[] } {
  const toEnd = new Map<string, Stop>();
  for (const run of [...world.uplinks, ...livePlayouts(world)]) {
    const begun = memory.stopping[run.runId];
    if (begun !== undefined) toEnd.set(run.runId, { run, manner: begun.manner, reason: begun.reason });
  }
  for (const stop of decisions.flatMap(({ stops }) => stops)) {
    const other = toEnd.get(stop.run.runId);
    if (other === undefined || isHarsher(stop.manner, other.manner)) toEnd.set(stop.run.runId, stop);
  }
  const stopping: Record<string, Stopping> = {};
  const actions: Action[] = [];
  for (const [runId, { run, manner, reason }] of toEnd) {
    const step = stopStep(run, memory.stopping[runId], { manner, reason }, now.monoMs);
    stopping[runId] = step.stopping;
    actions.push(...step.actions);
  }
  return { stopping, actions };
}

interface Step {
  readonly afterMs: number;
  readonly signal: 'SIGTERM' | 'SIGKILL';
  /** `process`: FFmpeg. `head`: FFmpeg and its reservoir, each by its PID. `group`: the whole run. */
  readonly scope: 'process' | 'head' | 'group';
}

/**
 * The signals of each manner, and when they are due. A blocked FFmpeg ignores the first SIGTERM and ends at the second; `brisk`
 * does not wait for that, as viewers see nothing meanwhile.
 */
const SCHEDULE: Record<StopManner, readonly Step[]> = {
  graceful: [
    { afterMs: 0, signal: 'SIGTERM', scope: 'process' },
    { afterMs: 1_000, signal: 'SIGTERM', scope: 'process' },
    { afterMs: 5_000, signal: 'SIGKILL', scope: 'group' },
  ],
  drain: [
    { afterMs: 0, signal: 'SIGTERM', scope: 'process' },
    { afterMs: 500, signal: 'SIGKILL', scope: 'process' },
  ],
  sever: [{ afterMs: 0, signal: 'SIGKILL', scope: 'process' }],
  brisk: [
    { afterMs: 0, signal: 'SIGTERM', scope: 'process' },
    { afterMs: 500, signal: 'SIGKILL', scope: 'group' },
  ],
  cut: [
    { afterMs: 0, signal: 'SIGKILL', scope: 'head' },
    { afterMs: 3_000, signal: 'SIGKILL', scope: 'group' },
  ],
  kill: [{ afterMs: 0, signal: 'SIGKILL', scope: 'group' }],
};

/** The last signal is repeated this often: a process within a system call dies only when that returns. */
const REPEAT_MS = 5_000;
/** The same where FFmpeg has ended: a signal sent to it just then reached nobody. */
const REPEAT_REST_MS = 500;

/** The next step of ending one run: what to remember, and the signals due now. */
export function stopStep(
  run: Run,
  earlier: Stopping | undefined,
  desired: { readonly manner: StopManner; readonly reason: string },
  nowMs: number,
): { readonly stopping: Stopping; readonly actions: readonly Action[] } {
  const stopping =
    earlier === undefined ? { ...desired, sinceMs: nowMs, signals: 0 } : harsher(earlier, desired.manner, nowMs);
  if (isSpared(run, stopping.manner)) return { stopping, actions: [] };
  const schedule = SCHEDULE[stopping.manner];
  const step = schedule[Math.min(stopping.signals, schedule.length - 1)]!;
  const repeatMs = run.life === 'draining' ? REPEAT_REST_MS : REPEAT_MS;
  const repeats = Math.max(0, stopping.signals - schedule.length + 1);
  if (nowMs - stopping.sinceMs < step.afterMs + repeats * repeatMs) return { stopping, actions: [] };
  return { stopping: { ...stopping, signals: stopping.signals + 1 }, actions: signalsOf(run, step, stopping.reason) };
}

function signalsOf(run: Run, { signal, scope }: Step, reason: string): readonly Action[] {
  const one = { kind: 'signal' as const, run, signal, reason };
  if (scope !== 'head') return [{ ...one, scope }];
  const head: Action = { ...one, scope: 'process' };
  const reservoir = run.role === 'playout' ? run.reservoir : null;
  if (reservoir === null || reservoir.pid === run.process.pid) return [head];
  const { pid, startTicks } = reservoir;
  return [head, { ...head, run: { ...run, process: { pid, startTicks } } }];
}

/** Whether it gets no signal: its FFmpeg has ended, and its reservoir is to play on. */
const isSpared = (run: Run, manner: StopManner): boolean =>
  (manner === 'drain' || manner === 'sever') && run.life === 'draining';

/** Whether `manner` leaves less time than `than`. */
const isHarsher = (manner: StopManner, than: StopManner): boolean =>
  STOP_MANNERS.indexOf(manner) > STOP_MANNERS.indexOf(than);

function harsher(stopping: Stopping, manner: StopManner, nowMs: number): Stopping {
  return !isHarsher(manner, stopping.manner) ? stopping : { ...stopping, manner, sinceMs: nowMs, signals: 0 };
}
