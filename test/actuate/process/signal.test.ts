import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendSignal } from '../../../src/actuate/process/signal.ts';
import type { ProcessIdentity } from '../../../src/reconcile/model/run.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { isAlive, processEntry, processTree } from '../../fixtures/workspace.ts';
import { makeStage, type Stage, writesAndStays } from '../../observe/processes/marked.ts';

let stage: Stage;
beforeEach(() => {
  stage = makeStage();
});
afterEach(() => stage.cleanup());

function identity(pid: number): ProcessIdentity {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return { pid, startTicks: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) };
}

const marker = (runId: string) => stage.marker('playout', runId);

describe('a signal', () => {
  it('reaches the process that is meant, and no other', async () => {
    const pid = stage.start('playout', 'p1', 'sleep', ['300']);
    const bystander = stage.start('playout', 'p2', 'sleep', ['300']);
    expect(sendSignal(identity(pid), marker('p1'), 'SIGTERM', 'process')).toEqual({ kind: 'done' });
    await eventually(() => expect(isAlive(pid)).toBe(false));
    expect(isAlive(bystander)).toBe(true);
  });

  it('reaches the whole group, gate and all, by any of its processes', async () => {
    const pid = stage.startPlayout('p1', writesAndStays(10));
    const tree = await eventually(() => {
      const found = processTree(pid);
      expect(found.map(({ command }) => command)).toEqual(['sleep 300', 'cat']);
      return found;
    });
    expect(sendSignal(identity(tree[1]!.pid), marker('p1'), 'SIGKILL', 'group')).toEqual({ kind: 'done' });
    await eventually(() => expect(tree.filter((one) => isAlive(one.pid))).toEqual([]));
  });

  it('reaches FFmpeg alone when the process is meant: the gate drains on', async () => {
    const pid = stage.startPlayout('p1', writesAndStays(10));
    await eventually(() => expect(processTree(pid)).toHaveLength(2));
    const second = stage.startPlayout('p2', writesAndStays(10));
    const gate = await eventually(() => {
      const found = processTree(second).find(({ command }) => command.startsWith('flock'));
      expect(found).toBeDefined();
      return found!;
    });
    expect(sendSignal(identity(second), marker('p2'), 'SIGKILL', 'process').kind).toBe('done');
    await eventually(() => expect(isAlive(second)).toBe(false));
    expect(isAlive(gate.pid)).toBe(true);
  });

  it('ends a process that was stopped', async () => {
    const pid = stage.start('playout', 'p1', 'sleep', ['300']);
    process.kill(pid, 'SIGSTOP');
    await eventually(() => expect(processEntry(pid)?.state).toBe('T'));
    expect(sendSignal(identity(pid), marker('p1'), 'SIGKILL', 'group').kind).toBe('done');
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });
});

describe('a signal is withheld', () => {
  const both = ['process', 'group'] as const;

  it.each(both)('from a process whose number was used before (%s)', (scope) => {
    const pid = stage.start('playout', 'p1', 'sleep', ['300']);
    const { startTicks } = identity(pid);
    for (const wrong of [startTicks - 1, startTicks + 1, 0, Number.NaN]) {
      expect(sendSignal({ pid, startTicks: wrong }, marker('p1'), 'SIGKILL', scope).kind).toBe('withheld');
    }
    expect(isAlive(pid)).toBe(true);
  });

  it.each(both)('from a process with another marker (%s)', (scope) => {
    const pid = stage.start('playout', 'p1', 'sleep', ['300']);
    const wrongs = [
      { ...marker('p1'), runId: 'p2' },
      { ...marker('p1'), role: 'uplink' as const },
      { ...marker('p1'), specHash: 'abcdef01234' },
      { ...marker('p1'), stateId: 'ffffffffffffffff' },
      { ...marker('p1'), runId: 'p' },
    ];
    for (const wrong of wrongs) expect(sendSignal(identity(pid), wrong, 'SIGKILL', scope).kind).toBe('withheld');
    expect(isAlive(pid)).toBe(true);
  });

  it('from a process that merely mentions the marker', () => {
    const text = `${stage.stateId}:playout:abcdef012345:p1`;
    const pid = stage.start('playout', 'p2', 'sleep', ['300'], { record: `STREAM_CONTROLLER_RUN=${text}` });
    expect(sendSignal(identity(pid), marker('p1'), 'SIGKILL', 'process').kind).toBe('withheld');
    expect(isAlive(pid)).toBe(true);
  });

  it('from a process that is not ours at all', async () => {
    // A session of its own: should the guard ever fail, nothing but this process is hit.
    const stranger = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    try {
      await once(stranger, 'spawn');
      expect(sendSignal(identity(stranger.pid!), marker('p1'), 'SIGKILL', 'group').kind).toBe('withheld');
      expect(isAlive(stranger.pid!)).toBe(true);
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it.each([4_194_304, 4_194_305])('from the number %i, which is no process', (pid) => {
    expect(sendSignal({ pid, startTicks: 1 }, marker('p1'), 'SIGTERM', 'process')).toEqual({
      kind: 'withheld',
      why: 'it is gone',
    });
  });

  it('from a zombie', async () => {
    const pid = stage.start('playout', 'p1', 'sh', ['-c', 'sleep 0.05 & exec sleep 300']);
    const zombie = await eventually(() => {
      const found = processTree(pid).find(({ state }) => state === 'Z');
      expect(found).toBeDefined();
      return found!;
    });
    expect(sendSignal(identity(zombie.pid), marker('p1'), 'SIGKILL', 'process').kind).toBe('withheld');
  });
});
