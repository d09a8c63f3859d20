import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  LARGEST_FILE_BYTES,
  LEAD_IN_BYTES,
  LOCK_FD,
  playoutCommand,
  uplinkCommand,
} from '../../../src/actuate/process/pipeline.ts';
import { formatMarker } from '../../../src/reconcile/model/run.ts';
import { runFiles } from '../../../src/state/files.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { isAlive, processEntry, processesWithMarker, processTree, signalPid } from '../../fixtures/workspace.ts';
import { makeStage, type Stage, writesAndStays } from '../../observe/processes/marked.ts';

const HOSTILE = ['$(touch hit)', '`touch hit`', '; touch hit', '"; touch hit; "', "'", '-c', '\n', '*', '%s', '', '&&'];

/** What each playout passes on before its first byte. */
const LEAD_IN = '\0'.repeat(LEAD_IN_BYTES);

describe('the wrappers', () => {
  it('keep every value out of the scripts', () => {
    for (const reservoirBytes of [null, 300_000]) {
      const plain = playoutCommand('/x', [], reservoirBytes);
      const hostile = playoutCommand('/x', HOSTILE, reservoirBytes);
      expect(hostile.args.slice(0, plain.args.length)).toEqual(plain.args);
      expect(hostile.args.slice(plain.args.length)).toEqual(HOSTILE);
    }
    const plain = uplinkCommand('/x', []);
    expect(plain.args.slice(-2)).toEqual([`/proc/self/fd/${LOCK_FD}`, '/x']);
    expect(uplinkCommand('/x', HOSTILE).args).toEqual([...plain.args, ...HOSTILE]);
  });
});

describe('started runs', () => {
  let stage: Stage;
  beforeEach(() => {
    stage = makeStage();
  });
  afterEach(() => stage.cleanup());

  const lockedUplink = (runId: string): number => {
    const { program, args } = uplinkCommand('/bin/sleep', ['300']);
    return stage.start('uplink', runId, program, args, {
      stdin: stage.feed.fifoFd,
      extraFds: [stage.feed.uplinkLockFd],
    });
  };

  it('get hostile arguments as they are', async () => {
    const script = join(stage.dir, 'tell.sh');
    mkdirSync(join(stage.dir, 'cwd'));
    writeFileSync(script, `for a; do printf '<%s>' "$a"; done > '${stage.dir}/told'; exec sleep 300`);
    const { program, args } = playoutCommand('/bin/sh', [script, ...HOSTILE], null);
    stage.start('playout', 'p1', program, args, {
      stdout: stage.feed.fifoFd,
      extraFds: [stage.feed.programLockFd],
    });
    await eventually(() =>
      expect(readFileSync(join(stage.dir, 'told'), 'utf8')).toBe(HOSTILE.map((a) => `<${a}>`).join('')),
    );
  });

  it.each(['playout', 'uplink'] as const)('write no file beyond its bound, and live on: a %s', async (role) => {
    const log = join(stage.dir, runFiles(role, 'r1').log);
    writeFileSync(log, '');
    truncateSync(log, LARGEST_FILE_BYTES - 7);
    const script = `echo twelve bytes >&2; echo went on > '${stage.dir}/told'; exec sleep 300`;
    const pid =
      role === 'playout'
        ? stage.startPlayout('r1', script)
        : stage.start(role, 'r1', 'bash', uplinkCommand('/bin/sh', ['-c', script]).args, {
            extraFds: [stage.feed.uplinkLockFd],
          });
    await eventually(() => expect(readFileSync(join(stage.dir, 'told'), 'utf8')).toBe('went on\n'));
    expect(statSync(log).size).toBe(LARGEST_FILE_BYTES);
    expect(isAlive(pid)).toBe(true);
  });

  it('leave no shell behind: the process started is the program, its one child the gate', async () => {
    const pid = stage.startPlayout('p1', 'exec sleep 300');
    await eventually(() => expect(processTree(pid).map(({ command }) => command)).toEqual(['sleep 300', 'cat']));
  });

  it.each([null, 300_000])('have the cat of GNU as their gate where there are two (reservoir: %s)', async (bytes) => {
    const told = join(stage.dir, 'told');
    writeFileSync(join(stage.dir, 'gnucat'), `#!/bin/sh\necho gnucat > '${told}'\nexec cat\n`, { mode: 0o755 });
    const { program, args } = playoutCommand('/bin/sleep', ['300'], bytes);
    stage.start('playout', 'p1', 'env', [`PATH=${stage.dir}:/usr/bin:/bin`, program, ...args], {
      stdout: stage.feed.fifoFd,
      extraFds: [stage.feed.programLockFd],
    });
    await eventually(() => expect(readFileSync(told, 'utf8')).toBe('gnucat\n'));
  });

  describe('with a reservoir', () => {
    const SIZE_BYTES = 300_000;
    const start = (runId: string, script: string): number => stage.startPlayout(runId, script, null, SIZE_BYTES);
    const treeOf = (pid: number): readonly string[] => processTree(pid).map(({ command }) => command.split(' ')[0]!);
    const pidOf = (pid: number, command: RegExp): number =>
      processTree(pid).find((one) => command.test(one.command))?.pid ?? 0;
    const up = (pid: number): Promise<void> =>
      eventually(() => expect(treeOf(pid).toSorted()).toEqual(['cat', 'mbuffer', 'sleep']));
    const processesOf = (runId: string): number[] =>
      processesWithMarker(`=${formatMarker(stage.marker('playout', runId))}`);
    const nothingLeft = (runId: string): Promise<void> => eventually(() => expect(processesOf(runId)).toEqual([]));

    it('leave no shell behind either, and every process of the run carries its marker', async () => {
      const pid = start('p1', 'exec sleep 300');
      await up(pid);
      expect(new Set(processesOf('p1'))).toEqual(new Set(processTree(pid).map((one) => one.pid)));
    });

    it('run FFmpeg alone at a lower priority', async () => {
      const pid = start('p1', 'exec sleep 300');
      await up(pid);
      const own = getPriority();
      const priorities = [pid, pidOf(pid, /mbuffer/), pidOf(pid, /^cat/)].map((one) => getPriority(one) - own);
      expect(priorities).toEqual([Math.min(3, 19 - own), 0, 0]);
    });

    it('pass on at once, hold so much and no more, and lose nothing when FFmpeg is killed', async () => {
      const reader = (): void =>
        void stage.start('uplink', 'u1', 'sh', ['-c', `exec cat > '${stage.dir}/seen'`], {
          stdin: stage.feed.fifoFd,
        });
      const script = `printf begin; i=0; while [ $i -lt 100 ]; do printf '%010000d' $i; i=$((i+1)); echo $i > '${stage.dir}/made'; done; exec sleep 300`;
      const pid = start('p1', script);
      const made = (): number => Number(readFileSync(join(stage.dir, 'made'), 'utf8'));
      // The reservoir, its last block, and up to five pipes and buffers of 64 KiB around it.
      await eventually(() => expect(made() * 10_000).toBeGreaterThan(SIZE_BYTES));
      await eventually(() => expect(/sleep|sh/.test(processEntry(pid)?.command ?? '')).toBe(true));
      const full = made();
      expect(full * 10_000).toBeLessThan(SIZE_BYTES + 6 * 65_536);
      signalPid(pid, 'SIGKILL');
      reader();
      const seen = (): string => readFileSync(join(stage.dir, 'seen'), 'utf8');
      await nothingLeft('p1');
      await eventually(() => {
        expect(seen().startsWith(`${LEAD_IN}begin`)).toBe(true);
        expect(seen().length).toBeGreaterThanOrEqual(LEAD_IN_BYTES + 5 + made() * 10_000);
      });
    });

    const ORDERS = [
      ['sleep', 'mbuffer', 'cat'],
      ['sleep', 'cat', 'mbuffer'],
      ['mbuffer', 'sleep', 'cat'],
      ['mbuffer', 'cat', 'sleep'],
      ['cat', 'sleep', 'mbuffer'],
      ['cat', 'mbuffer', 'sleep'],
    ] as const;
    it.each(ORDERS)('leave nothing behind when killed in this order: %s, %s, %s', async (...order) => {
      const pid = start('p1', 'exec sleep 300');
      await up(pid);
      const pids = order.map((name) => pidOf(pid, new RegExp(`^${name}`)));
      for (const one of pids) if (isAlive(one)) signalPid(one, 'SIGKILL');
      await nothingLeft('p1');
    });

    it('end by themselves, one after the other, once FFmpeg has', async () => {
      start('p1', 'printf all; exec true');
      stage.start('uplink', 'u1', 'sh', ['-c', `exec cat > '${stage.dir}/seen'`], { stdin: stage.feed.fifoFd });
      await nothingLeft('p1');
      await eventually(() => expect(readFileSync(join(stage.dir, 'seen'), 'utf8')).toBe(`${LEAD_IN}all`));
    });

    it('say nothing of their own into the log', async () => {
      start('p1', 'printf all; exec true');
      await nothingLeft('p1');
      expect(readFileSync(join(stage.dir, 'playout-p1.log'), 'utf8')).toBe('');
    });
  });

  it('hold one lock for ever one uplink: a second ends by itself, before its program begins', async () => {
    const first = lockedUplink('u1');
    await eventually(() => expect(processEntry(first)?.command).toMatch(/sleep 300/));
    const second = lockedUplink('u2');
    await eventually(() => expect(isAlive(second)).toBe(false));
    expect(isAlive(first)).toBe(true);
    signalPid(first, 'SIGKILL');
    await eventually(() => expect(isAlive(first)).toBe(false));
    const third = lockedUplink('u3');
    await eventually(() => expect(processEntry(third)?.command).toMatch(/sleep 300/));
  });

  it('hand over the FIFO without a reader or writer ever seeing the other end', async () => {
    const first = stage.startPlayout('p1', `printf one; ${writesAndStays(0)}`);
    const reader = stage.start('uplink', 'u1', 'sh', ['-c', `exec cat > '${stage.dir}/seen'`], {
      stdin: stage.feed.fifoFd,
    });
    const seen = (): string => readFileSync(join(stage.dir, 'seen'), 'utf8');
    await eventually(() => expect(seen()).toBe(`${LEAD_IN}one`));
    stage.startPlayout('p2', 'printf two; exec sleep 300');
    signalPid(-first, 'SIGKILL');
    await eventually(() => expect(seen()).toBe(`${LEAD_IN}one${LEAD_IN}two`));
    signalPid(reader, 'SIGKILL');
    stage.start('uplink', 'u2', 'sh', ['-c', `exec cat > '${stage.dir}/seen'`], { stdin: stage.feed.fifoFd });
    const third = stage.startPlayout('p3', 'printf three; exec sleep 300');
    await eventually(() => expect(isAlive(third)).toBe(true));
  });
});
