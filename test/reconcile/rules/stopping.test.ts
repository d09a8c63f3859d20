import { describe, expect, it } from 'vitest';
import type { StopManner, Stopping } from '../../../src/reconcile/model/memory.ts';
import { stopStep } from '../../../src/reconcile/rules/stopping.ts';
import { uplinkRun } from '../world-builder.ts';

/** The signals sent to a run that does not end, as `seconds signal scope`, looking every tenth of a second. */
function schedule(
  manner: StopManner,
  untilS: number,
  turns: Readonly<Record<number, StopManner>> = {},
  run = uplinkRun(),
): string[] {
  let stopping: Stopping | undefined;
  let wished = manner;
  const sent: string[] = [];
  for (let tenth = 0; tenth <= untilS * 10; tenth++) {
    wished = turns[tenth / 10] ?? wished;
    const step = stopStep(run, stopping, { manner: wished, reason: 'test' }, 5_000_000 + tenth * 100);
    stopping = step.stopping;
    for (const action of step.actions) {
      if (action.kind === 'signal') sent.push(`${tenth / 10} ${action.signal} ${action.scope}`);
    }
  }
  return sent;
}

describe('ending a run', () => {
  it('gracefully: SIGTERM, again after 1 s, SIGKILL to the group after 5 s, then every 5 s', () => {
    expect(schedule('graceful', 16)).toEqual([
      '0 SIGTERM process',
      '1 SIGTERM process',
      '5 SIGKILL group',
      '10 SIGKILL group',
      '15 SIGKILL group',
    ]);
  });

  it('briskly: SIGTERM, SIGKILL to the group after half a second', () => {
    expect(schedule('brisk', 6)).toEqual(['0 SIGTERM process', '0.5 SIGKILL group', '5.5 SIGKILL group']);
  });

  it('at once: SIGKILL to the group, again every 5 s', () => {
    expect(schedule('kill', 6)).toEqual(['0 SIGKILL group', '5 SIGKILL group']);
  });

  it('sooner again where FFmpeg has ended: the signal may have been for it, and what is left waits in line for nothing', () => {
    expect(schedule('kill', 1, {}, { ...uplinkRun(), life: 'draining' })).toEqual([
      '0 SIGKILL group',
      '0.5 SIGKILL group',
      '1 SIGKILL group',
    ]);
  });

  it('becomes harsher when that is wished, from then on', () => {
    expect(schedule('graceful', 3, { 0.6: 'brisk' })).toEqual([
      '0 SIGTERM process',
      '0.6 SIGTERM process',
      '1.1 SIGKILL group',
    ]);
    expect(schedule('graceful', 3, { 2: 'kill' }).at(-1)).toBe('2 SIGKILL group');
  });

  it('never becomes gentler', () => {
    expect(schedule('kill', 6, { 1: 'graceful' })).toEqual(schedule('kill', 6));
    expect(schedule('brisk', 6, { 0.2: 'graceful' })).toEqual(schedule('brisk', 6));
  });

  it('catches up one signal at a time after a pause of the daemon', () => {
    const begun: Stopping = { manner: 'graceful', sinceMs: 0, signals: 1, reason: 'test' };
    const late = stopStep(uplinkRun(), begun, { manner: 'graceful', reason: 'test' }, 60_000);
    expect(late.actions).toHaveLength(1);
    expect(late.stopping.signals).toBe(2);
  });

  it('tells the reason with which it began', () => {
    const { stopping } = stopStep(uplinkRun(), undefined, { manner: 'graceful', reason: 'first' }, 0);
    const next = stopStep(uplinkRun(), stopping, { manner: 'graceful', reason: 'second' }, 1_000);
    expect(next.actions).toMatchObject([{ reason: 'first', run: { runId: 'u1' } }]);
  });
});
