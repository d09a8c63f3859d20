import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { uplinkCommand } from '../../../src/actuate/process/pipeline.ts';
import { sendSignal } from '../../../src/actuate/process/signal.ts';
import { type RunsLook, RunsObserver } from '../../../src/observe/runs/runs.ts';
import { NO_ARTWORK } from '../../../src/reconcile/model/playout.ts';
import { formatMarker, type Marker, type PlayoutRun, type UplinkRun } from '../../../src/reconcile/model/run.ts';
import { slateSpec } from '../../../src/reconcile/playout/spec.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeStage, type Stage } from '../../observe/processes/marked.ts';
import { SPEC } from '../../reconcile/world-builder.ts';
import { actOn } from '../actuator.ts';
import { newFeed } from '../feed.ts';
import { Machine, STATE_ID } from '../machine.ts';
import { SimRunsObserver } from '../observer.ts';

/** What the simulation takes for granted of processes, locks and signals, by one side or the other. */
interface Bench {
  startPlayout(runId: string): void;
  /** One that waits at most: it holds the uplink's lock if it got it. */
  startUplink(runId: string): void;
  look(): RunsLook;
  /** As the daemon's own signals: to who was seen, and nobody else. */
  signal(run: PlayoutRun | UplinkRun, signal: 'SIGTERM' | 'SIGKILL', scope: 'process' | 'group'): Promise<string>;
  /** From outside. */
  strike(pid: number, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
  /** Lets a little time pass. */
  wait(): Promise<void>;
  cleanup(): Promise<void>;
}

const sides: readonly { readonly name: string; readonly open: () => Bench }[] = [
  { name: 'simulated', open: openSimulated },
  { name: 'real', open: openReal },
];

describe.each(sides)('the $name process table', { timeout: 30_000 }, ({ open }) => {
  let bench: Bench;
  beforeEach(() => {
    bench = open();
  });
  afterEach(() => bench.cleanup());

  const playouts = (): readonly PlayoutRun[] => {
    const { runs } = bench.look();
    return runs.kind === 'known' ? runs.value.playouts : [];
  };
  const uplinks = (): readonly UplinkRun[] => {
    const { runs } = bench.look();
    return runs.kind === 'known' ? runs.value.uplinks : [];
  };
  const places = (): Readonly<Record<string, string | undefined>> =>
    Object.fromEntries(playouts().map(({ runId, gate }) => [runId, gate?.place]));
  const becomes = async <T>(read: () => T, wanted: T): Promise<void> => {
    await eventually(
      async () => {
        await bench.wait();
        expect(read()).toEqual(wanted);
      },
      { timeoutMs: 8_000 },
    );
  };
  const find = (runId: string): PlayoutRun => {
    const found = playouts().find((run) => run.runId === runId);
    if (found === undefined) throw new Error(`${runId} is not there`);
    return found;
  };

  it('gives the lock to the first, and lets the others wait', async () => {
    bench.startPlayout('a');
    await becomes(places, { a: 'holder' });
    bench.startPlayout('b');
    await becomes(places, { a: 'holder', b: 'waiter' });
    bench.startPlayout('c');
    await becomes(places, { a: 'holder', b: 'waiter', c: 'waiter' });
  });

  it('hands the lock over when the holder is killed with its gate', async () => {
    bench.startPlayout('a');
    await becomes(places, { a: 'holder' });
    bench.startPlayout('b');
    await becomes(places, { a: 'holder', b: 'waiter' });
    expect(await bench.signal(find('a'), 'SIGKILL', 'group')).toBe('done');
    await becomes(places, { b: 'holder' });
  });

  it('fills the pipe of one that waits, which is then primed', async () => {
    bench.startPlayout('a');
    await becomes(places, { a: 'holder' });
    bench.startPlayout('b');
    await becomes(() => find('b').primed, true);
  });

  it('shows a stopped process as frozen, and one that goes on as running', async () => {
    bench.startPlayout('a');
    await becomes(places, { a: 'holder' });
    const { pid } = find('a').process;
    bench.strike(pid, 'SIGSTOP');
    await becomes(() => find('a').life, 'frozen');
    expect(places()).toEqual({ a: 'holder' });
    bench.strike(pid, 'SIGCONT');
    await becomes(() => find('a').life, 'running');
  });

  it('ends a frozen run by SIGKILL to its group', async () => {
    bench.startPlayout('a');
    await becomes(places, { a: 'holder' });
    bench.strike(find('a').process.pid, 'SIGSTOP');
    await becomes(() => find('a').life, 'frozen');
    await bench.signal(find('a'), 'SIGTERM', 'process');
    await bench.wait();
    expect(find('a').life).toBe('frozen');
    await bench.signal(find('a'), 'SIGKILL', 'group');
    await becomes(places, {});
  });

  it('leaves a gate whose FFmpeg is dead and whose bytes nobody takes', async () => {
    bench.startPlayout('a');
    await becomes(places, { a: 'holder' });
    bench.startPlayout('b');
    await becomes(() => find('b').primed, true);
    bench.strike(find('b').process.pid, 'SIGKILL');
    await becomes(() => find('b').life, 'draining');
    expect(places()).toEqual({ a: 'holder', b: 'waiter' });
  });

  it('refuses a second uplink', async () => {
    bench.startUplink('u');
    await becomes(() => uplinks().map(({ runId }) => runId), ['u']);
    await bench.wait();
    bench.startUplink('v');
    await becomes(() => uplinks().map(({ runId }) => runId), ['u']);
  });

  it('withholds a signal from a PID that belongs to another by now, and from who is gone', async () => {
    bench.startPlayout('a');
    await becomes(places, { a: 'holder' });
    const run = find('a');
    const other = { ...run, process: { ...run.process, startTicks: run.process.startTicks - 1 } };
    expect(await bench.signal(other, 'SIGKILL', 'group')).toBe('withheld');
    expect(await bench.signal({ ...run, specHash: 'other' }, 'SIGKILL', 'group')).toBe('withheld');
    expect(places()).toEqual({ a: 'holder' });
    await bench.signal(run, 'SIGKILL', 'group');
    await becomes(places, {});
    expect(await bench.signal(run, 'SIGKILL', 'group')).toBe('withheld');
  });
});

function openSimulated(): Bench {
  const machine = new Machine(1);
  const feed = newFeed();
  const observer = new SimRunsObserver(
    machine,
    (text) => text,
    () => null,
  );
  return {
    startPlayout(runId) {
      const spec = slateSpec(SPEC, NO_ARTWORK);
      machine.startPlayout(
        feed,
        { runId, specHash: 'abcdef012345', spec, reservoirBytes: null },
        Number.POSITIVE_INFINITY,
      );
    },
    startUplink: (runId) => void machine.startUplink(feed, runId, 'abcdef012345'),
    look: () => observer.look(),
    async signal(run, signal, scope) {
      const unused = {} as never;
      const parts = { machine, feed, catalogue: unused, probe: unused, urlTtlS: 1, onStart: () => undefined };
      return (await actOn(parts, { kind: 'signal', run, signal, scope, reason: 'test' })).kind;
    },
    strike: (pid, signal) => machine.kernel.signal(pid, signal, 'process'),
    wait() {
      for (let steps = 0; steps < 3; steps++) machine.step(100);
      return Promise.resolve();
    },
    cleanup: () => Promise.resolve(),
  };
}

function openReal(): Bench {
  const stage: Stage = makeStage();
  const observer = new RunsObserver({
    stateId: stage.stateId,
    stateDir: stage.dir,
    redact: (text) => text,
    onLine: () => undefined,
    exitOf: () => null,
  });
  return {
    startPlayout: (runId) => void stage.startPlayout(runId, 'exec head -c 100000000 /dev/zero'),
    startUplink(runId) {
      const { program, args } = uplinkCommand('/bin/sleep', ['300']);
      stage.start('uplink', runId, program, args, { extraFds: [stage.feed.uplinkLockFd] });
    },
    look: () => observer.look(Math.round(performance.now())),
    signal({ role, specHash, runId, process: target }, signal, scope) {
      const marker: Marker = { stateId: stage.stateId, role, specHash, runId };
      return Promise.resolve(sendSignal(target, marker, signal, scope).kind);
    },
    strike(pid, signal) {
      // Nobody but a run of this stage.
      const environ = existsSync(`/proc/${pid}/environ`) ? readFileSync(`/proc/${pid}/environ`, 'utf8') : '';
      if (environ.includes(stage.stateId)) process.kill(pid, signal);
    },
    wait: () => new Promise((resolve) => setTimeout(resolve, 30)),
    cleanup: () => stage.cleanup(),
  };
}

it('the simulated marker is the real one', () => {
  const machine = new Machine(1);
  const { process } = machine.startUplink(newFeed(), 'u', 'abcdef012345');
  const marker = formatMarker({ stateId: STATE_ID, role: 'uplink', specHash: 'abcdef012345', runId: 'u' });
  expect(process?.environ).toEqual({ STREAM_CONTROLLER_RUN: marker });
});
