import { existsSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { drainFeed } from '../../../src/actuate/feed.ts';
import { playoutCommand } from '../../../src/actuate/process/pipeline.ts';
import { flowOfBytes } from '../../../src/observe/processes/gate.ts';
import { MOVED_BYTES, readProcessIo } from '../../../src/observe/processes/io.ts';
import { type RunsLook, RunsObserver, type RunsSource } from '../../../src/observe/runs/runs.ts';
import type { PlayoutRun, UplinkRun } from '../../../src/reconcile/model/run.ts';
import { absent } from '../../../src/reconcile/model/observed.ts';
import { STATE_FILES } from '../../../src/state/files.ts';
import { recordOf } from '../../../src/reconcile/playout/record.ts';
import { bufferedMs, reservoirBytes } from '../../../src/reconcile/runs/reservoir.ts';
import { itemAt } from '../../reconcile/world-builder.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { processEntry, processTree, signalPid } from '../../fixtures/workspace.ts';
import { makeStage, type Stage, writesAndStays } from '../processes/marked.ts';

/** Where Debian's rust-coreutils puts it. */
const UUTILS = '/usr/lib/cargo/bin/coreutils';

let stage: Stage;
let lines: string[];

beforeEach(() => {
  stage = makeStage();
  lines = [];
});
afterEach(() => stage.cleanup());

const observer = (change: Partial<RunsSource> = {}): RunsObserver =>
  new RunsObserver({
    stateId: stage.stateId,
    stateDir: stage.dir,
    redact: (text) => text.replaceAll('secret', '[redacted]'),
    onLine: ({ role, runId, line }) => lines.push(`${role} ${runId} ${line}`),
    exitOf: () => null,
    ...change,
  });

const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

function runsOf(look: RunsLook): { readonly uplinks: readonly UplinkRun[]; readonly playouts: readonly PlayoutRun[] } {
  if (look.runs.kind !== 'known') throw new Error(`not known: ${JSON.stringify(look.runs)}`);
  return look.runs.value;
}

const playouts = (look: RunsLook): readonly PlayoutRun[] => runsOf(look).playouts;
const places = (look: RunsLook): Readonly<Record<string, string | null>> =>
  Object.fromEntries(playouts(look).map(({ runId, gate }) => [runId, gate?.place ?? null]));

describe('who is on air, by the kernel', () => {
  it('is the first in line; the others wait, and the next takes over when the holder ends', async () => {
    const observed = observer();
    const first = stage.startPlayout('p1', writesAndStays(10));
    await eventually(() => expect(places(observed.look(0))).toEqual({ p1: 'holder' }));
    stage.startPlayout('p2', writesAndStays(10));
    await eventually(() => expect(places(observed.look(0))).toEqual({ p1: 'holder', p2: 'waiter' }));
    stage.startPlayout('p3', writesAndStays(10));
    await eventually(() => expect(places(observed.look(0))).toEqual({ p1: 'holder', p2: 'waiter', p3: 'waiter' }));
    signalPid(-first, 'SIGKILL');
    await eventually(() => expect(places(observed.look(0))).toEqual({ p2: 'holder', p3: 'waiter' }));
  });

  it('is told even after the lock file was deleted', async () => {
    stage.startPlayout('p1', writesAndStays(10));
    await eventually(() => expect(places(observer().look(0))).toEqual({ p1: 'holder' }));
    rmSync(join(stage.dir, STATE_FILES.programLock));
    expect(places(observer().look(0))).toEqual({ p1: 'holder' });
  });

  it('is nobody foreign who holds the same lock', async () => {
    const foreign = { stateId: 'ffffffffffffffff', role: 'playout', specHash: 'abc', runId: stage.stateId } as const;
    const lock = join(stage.dir, STATE_FILES.programLock);
    const pid = stage.start('playout', 'x1', 'flock', ['--no-fork', lock, 'sleep', '300'], { marker: foreign });
    await eventually(() => expect(readFileSync('/proc/locks', 'utf8')).toMatch(new RegExp(`WRITE ${pid} `)));
    stage.startPlayout('p1', writesAndStays(10));
    await eventually(() => expect(places(observer().look(0))).toEqual({ p1: 'waiter' }));
  });

  it('is unplaced while its gate is not up', () => {
    stage.start('playout', 'p1', 'sleep', ['300']);
    expect(playouts(observer().look(0))).toMatchObject([{ runId: 'p1', gate: null, life: 'running', primed: false }]);
  });
});

describe('a playout with a reservoir', () => {
  const RATE_KBPS = 800;
  const SIZE_BYTES = reservoirBytes(RATE_KBPS);
  const record = JSON.stringify({ ...recordOf(itemAt('rain.mp4', 0)), rateKbps: RATE_KBPS });
  const start = (runId: string, script: string): number => stage.startPlayout(runId, script, record, SIZE_BYTES);
  const seen = (look: RunsLook, runId = 'p1'): PlayoutRun | undefined =>
    playouts(look).find((run) => run.runId === runId);

  it('tells what stands in it, and is on air by its gate as any other', async () => {
    const observed = observer();
    start('p1', writesAndStays(600_000));
    await eventually(() => {
      const run = seen(observed.look(0));
      expect(run).toMatchObject({ life: 'running', isClogged: false, gate: { place: 'holder' }, primed: true });
      // Gate, its pipe and the FIFO hold up to 64 KiB each.
      expect(run === undefined ? null : bufferedMs(run)).toBeGreaterThan(((600_000 - 4 * 65_536) * 8) / RATE_KBPS);
      expect(run === undefined ? null : bufferedMs(run)).toBeLessThan((600_000 * 8) / RATE_KBPS);
    });
  });

  it('drains when its FFmpeg is killed, and knows how far that came', async () => {
    const observed = observer({ exitOf: () => ({ code: null, signal: 'SIGKILL' }) });
    const pid = start('p1', writesAndStays(600_000));
    await eventually(() => expect(seen(observed.look(0))?.primed).toBe(true));
    signalPid(pid, 'SIGKILL');
    await eventually(() => {
      const run = seen(observed.look(0));
      expect(run).toMatchObject({ life: 'draining', end: { signal: 'SIGKILL' }, gate: { place: 'holder' } });
      expect(run?.progress?.outTimeMs).toBeGreaterThan((500_000 * 8) / RATE_KBPS);
      expect(run?.progress?.outTimeMs).toBeLessThan((700_000 * 8) / RATE_KBPS);
    });
  });

  it('tells how an FFmpeg ended that was the child of another daemon a second later: not at all', async () => {
    const observed = observer();
    const pid = start('p1', writesAndStays(600_000));
    await eventually(() => expect(seen(observed.look(0))?.primed).toBe(true));
    signalPid(pid, 'SIGKILL');
    await eventually(() => expect(seen(observed.look(100))).toMatchObject({ life: 'draining', end: null }));
    expect(seen(observed.look(1_200))?.end).toEqual({ code: null, signal: null });
  });

  it('is clogged while its reservoir is stopped, though FFmpeg runs', async () => {
    const observed = observer();
    start('p1', writesAndStays(600_000));
    await eventually(() => expect(seen(observed.look(0))?.reservoir).not.toBeNull());
    signalPid(seen(observed.look(0))!.reservoir!.pid, 'SIGSTOP');
    await eventually(() => expect(seen(observed.look(0))).toMatchObject({ life: 'running', isClogged: true }));
  });

  it('is not primed when FFmpeg has ended in line with nothing written but a long log', async () => {
    const observed = observer();
    start('p1', writesAndStays(600_000));
    await eventually(() => expect(places(observed.look(0))).toEqual({ p1: 'holder' }));
    writeFileSync(join(stage.dir, 'playout-p2.progress'), '');
    start('p2', `head -c ${4 * MOVED_BYTES} /dev/zero >&2; exec sleep 1`);
    await eventually(() => expect(seen(observed.look(0), 'p2')).toMatchObject({ life: 'running', primed: false }));
    await eventually(() =>
      expect(seen(observed.look(0), 'p2')).toMatchObject({
        life: 'draining',
        gate: { place: 'waiter' },
        primed: false,
      }),
    );
  });

  it('waits in line with it, and one without it beside, as an earlier version made them', async () => {
    const observed = observer();
    stage.startPlayout('p1', writesAndStays(600_000), record);
    await eventually(() => expect(places(observed.look(0))).toEqual({ p1: 'holder' }));
    start('p2', writesAndStays(600_000));
    await eventually(() => {
      expect(places(observed.look(0))).toEqual({ p1: 'holder', p2: 'waiter' });
      expect(seen(observed.look(0))?.reservoir).toBeNull();
      expect(seen(observed.look(0), 'p2')?.reservoir).not.toBeNull();
    });
  });
});

describe('how a playout does', () => {
  it('is gone, its gate still there, when FFmpeg has ended and the pipe is not drained', async () => {
    const observed = observer();
    stage.startPlayout('p1', writesAndStays(10));
    await eventually(() => expect(places(observed.look(0))).toEqual({ p1: 'holder' }));
    stage.startPlayout('p2', 'head -c 40000 /dev/zero');
    await eventually(() =>
      expect(playouts(observed.look(0))).toContainEqual(
        expect.objectContaining({
          runId: 'p2',
          life: 'draining',
          primed: true,
          gate: expect.objectContaining({ place: 'waiter' }),
        }),
      ),
    );
  });

  it('is not primed when FFmpeg has ended in line without writing anything', async () => {
    const observed = observer();
    stage.startPlayout('p1', writesAndStays(10));
    await eventually(() => expect(places(observed.look(0))).toEqual({ p1: 'holder' }));
    writeFileSync(join(stage.dir, 'playout-p2.progress'), '');
    stage.startPlayout('p2', 'exit 1');
    await eventually(() =>
      expect(playouts(observed.look(0)).find(({ runId }) => runId === 'p2')).toMatchObject({
        life: 'draining',
        gate: { place: 'waiter' },
        primed: false,
      }),
    );
  });

  it('is frozen after SIGSTOP and running after SIGCONT', async () => {
    const pid = stage.startPlayout('p1', writesAndStays(10));
    const observed = observer();
    await eventually(() => expect(places(observed.look(0))).toEqual({ p1: 'holder' }));
    signalPid(pid, 'SIGSTOP');
    await eventually(() => expect(playouts(observed.look(0))).toMatchObject([{ life: 'frozen' }]));
    signalPid(pid, 'SIGCONT');
    await eventually(() => expect(playouts(observed.look(0))).toMatchObject([{ life: 'running' }]));
  });

  it('is primed once it has written what fills its pipe, and not before', async () => {
    const observed = observer();
    stage.startPlayout('p2', 'exec sleep 300');
    stage.startPlayout('p3', 'exec dd if=/dev/zero bs=8192');
    await eventually(() =>
      expect(Object.fromEntries(playouts(observed.look(0)).map((run) => [run.runId, run.primed]))).toMatchObject({
        p2: false,
        p3: true,
      }),
    );
  });

  it('is held by a full FIFO and starved without input', async () => {
    const observed = observer();
    stage.startPlayout('p1', 'exec cat /dev/zero');
    await eventually(() => expect(playouts(observed.look(0))).toMatchObject([{ gate: { flow: 'held' } }]));
    const bytesOfGate = () => flowOfBytes(readProcessIo(playouts(observed.look(0))[0]?.gate?.pid ?? 0));
    expect(bytesOfGate()).toBe('held');
    const drain = setInterval(() => drainFeed(stage.feed), 1);
    onTestFinished(() => clearInterval(drain));
    signalPid(-playouts(observed.look(0))[0]!.process.pid, 'SIGKILL');
    await eventually(() => expect(playouts(observed.look(0))).toEqual([]));
    stage.startPlayout('p2', writesAndStays(10));
    await eventually(() => expect(playouts(observed.look(0))).toMatchObject([{ gate: { flow: 'starved' } }]));
    await eventually(() => expect(bytesOfGate()).toBe('starved'));
  });

  it('says what it plays, and is known even if it does not say it legibly', async () => {
    const record = { kind: 'slate', frame: '640x360@30' } as const;
    stage.startPlayout('p1', writesAndStays(10), JSON.stringify(record));
    stage.startPlayout('p2', writesAndStays(10), '{"kind":"from the future"}');
    await eventually(() =>
      expect(Object.fromEntries(playouts(observer().look(0)).map((run) => [run.runId, run.record]))).toEqual({
        p1: record,
        p2: null,
      }),
    );
  });

  it('is as old as its process', () => {
    const before = monotonicMs();
    stage.start('playout', 'p1', 'sleep', ['300']);
    const now = monotonicMs();
    const [run] = playouts(observer().look(now));
    expect(run!.startedAtMs).toBeGreaterThan(before - 100);
    expect(run!.startedAtMs).toBeLessThan(now + 100);
  });

  it('is signalled by the number and start time of the process that leads it', () => {
    const pid = stage.start('playout', 'p1', 'sleep', ['300']);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    expect(playouts(observer().look(0))).toMatchObject([{ process: { pid, startTicks } }]);
  });
});

describe('an uplink', () => {
  it('is one run, whoever its processes are, with progress, complaint and no connection yet', async () => {
    stage.start('uplink', 'u1', 'sh', ['-c', 'echo "about the secret" >&2; sleep 300 & exec sleep 300']);
    writeFileSync(
      join(stage.dir, 'uplink-u1.progress'),
      'total_size=77\nout_time_us=4000000\nout_time_ms=4000000\nprogress=continue\n',
    );
    const observed = observer();
    await eventually(() =>
      expect(runsOf(observed.look(5))).toMatchObject({
        playouts: [],
        uplinks: [
          {
            runId: 'u1',
            specHash: 'abcdef012345',
            life: 'running',
            sendQueue: absent,
            lastError: 'about the [redacted]',
            progress: { outTimeMs: 4000, totalBytes: 77, ended: false },
          },
        ],
      }),
    );
    expect(lines).toEqual(['uplink u1 about the [redacted]']);
  });

  it('is frozen after SIGSTOP', async () => {
    const pid = stage.start('uplink', 'u1', 'sleep', ['300']);
    signalPid(pid, 'SIGSTOP');
    await eventually(() => expect(runsOf(observer().look(0)).uplinks).toMatchObject([{ life: 'frozen' }]));
  });

  it('is seen twice when there are two, so that the second can be ended', () => {
    stage.start('uplink', 'u1', 'sleep', ['300']);
    stage.start('uplink', 'u2', 'sleep', ['300']);
    expect(
      runsOf(observer().look(0))
        .uplinks.map(({ runId }) => runId)
        .toSorted(),
    ).toEqual(['u1', 'u2']);
  });
});

describe('a run that is no more', () => {
  it('is told once it left files: how far it came, how it ended, what it said last', async () => {
    const pid = stage.start('playout', 'p1', 'sh', ['-c', 'echo "it broke" >&2; exec sleep 300']);
    writeFileSync(
      join(stage.dir, 'playout-p1.progress'),
      'total_size=9\nout_time_us=2500000\nout_time_ms=2500000\nprogress=end\n',
    );
    const observed = observer({ exitOf: (runId) => (runId === 'p1' ? { code: null, signal: 'SIGKILL' } : null) });
    await eventually(() => expect(lines.length + observed.look(0).exits.length).toBe(1));
    signalPid(pid, 'SIGKILL');
    await eventually(() =>
      expect(observed.look(0)).toMatchObject({
        runs: { kind: 'known', value: { uplinks: [], playouts: [] } },
        exits: [
          { runId: 'p1', role: 'playout', code: null, signal: 'SIGKILL', outTimeMs: 2500, lastError: 'it broke' },
        ],
      }),
    );
  });

  it('is told to a later daemon, too, which cannot know its exit code', () => {
    writeFileSync(join(stage.dir, 'uplink-u9.log'), 'Connection refused\n');
    writeFileSync(join(stage.dir, 'uplink-..%2fetc.log'), 'not ours\n');
    writeFileSync(join(stage.dir, 'notes.log'), 'not ours\n');
    expect(observer().look(0).exits).toEqual([
      { runId: 'u9', role: 'uplink', code: null, signal: null, outTimeMs: null, lastError: 'Connection refused' },
    ]);
  });

  it('is not told while any process of it lives', async () => {
    const pid = stage.startPlayout('p1', writesAndStays(10));
    const observed = observer();
    await eventually(() => expect(places(observed.look(0))).toEqual({ p1: 'holder' }));
    const gate = processTree(pid).find((one) => one.command === 'cat');
    signalPid(gate!.pid, 'SIGSTOP');
    signalPid(pid, 'SIGKILL');
    await eventually(() => expect(processEntry(pid)).toBeUndefined());
    const { exits, runs } = observed.look(0);
    expect({ exits, runs }).toMatchObject({
      exits: [],
      runs: { value: { playouts: [{ life: 'draining', isClogged: true }] } },
    });
  });
});

it('keeps its files readable by this user alone', () => {
  stage.start('uplink', 'u1', 'sleep', ['300']);
  expect((statSync(join(stage.dir, 'uplink-u1.log')).mode & 0o777).toString(8)).toBe('600');
});

describe.runIf(existsSync(UUTILS))('with the cat of uutils', () => {
  it('a gate is held by a FIFO that is full, and starves without input, as with any other', async () => {
    const { program, args } = playoutCommand('/bin/sh', ['-c', 'head -c 4000000 /dev/zero; exec sleep 300'], null);
    stage.start('playout', 'p1', 'env', [`PATH=${UUTILS}:/usr/bin:/bin`, program, ...args], {
      stdout: stage.feed.fifoFd,
      extraFds: [stage.feed.programLockFd],
    });
    const observed = observer();
    const flow = () => playouts(observed.look(0)).map(({ gate }) => gate?.flow);
    await eventually(() => expect(flow()).toEqual(['held']));
    const gate = playouts(observed.look(0))[0]?.gate?.pid ?? 0;
    expect(readlinkSync(`/proc/${gate}/exe`)).toContain('coreutils');
    const drain = setInterval(() => drainFeed(stage.feed), 1);
    try {
      await eventually(() => expect(flow()).toEqual(['starved']));
    } finally {
      clearInterval(drain);
    }
  });
});
