import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { onStage } from './on-stage.ts';
import { liveOn, newSession, openOnAir, type StageOnAir, videoAdvances, wishRed } from './stage.ts';
import { eventually } from '../fixtures/eventually.ts';
import { inTurn, type Turns } from '../fixtures/in-turn.ts';
import { isAlive, processesWithMarker, signalPid } from '../fixtures/workspace.ts';
import { MACHINE_PAUSE_MS, withRoom } from '../fixtures/room.ts';

/** On air, by the same two processes from the first test to the last. */
const ON_AIR: Turns<StageOnAir> = {
  // Long, so that its FFmpeg has not read it to the end when the last test is played.
  open: () => openOnAir('red.mp4', { color: 'red', seconds: 120 }),
  settle: async ({ daemon, uplinkPid, playoutPid }) => {
    const report = await liveOn(daemon);
    expect([report.uplink?.pid, report.playout?.pid], 'before').toEqual([uplinkPid, playoutPid]);
  },
  close: ({ stage }) => stage.close(),
};

describe.concurrent('what is one too many', () => {
  const row = inTurn(ON_AIR);

  row('n: a second uplink started by hand is refused by the kernel', async ({ stage, uplinkPid }) => {
    const argv = readFileSync(`/proc/${uplinkPid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    const connections = stage.sink.connectionCount;
    const atMs = performance.now();
    const fifo = openSync(join(stage.stateDir, 'program.fifo'), 'r+');
    const lock = join(stage.stateDir, 'uplink.lock');
    const second = spawn('flock', ['--no-fork', '--nonblock', lock, ...argv], { stdio: [fifo, 'ignore', 'ignore'] });
    stage.defer(() => void second.kill('SIGKILL'));
    closeSync(fifo);
    const code = await exitOf(second);
    await videoAdvances(stage.sink, 3000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'n',
      fault: "second uplink started by hand with the first one's arguments",
      promised: 'refused by the kernel lock',
      measured: `exit ${code}, no connection to the ingest`,
      ingest: describeView(view),
    });
    expect(code).toBe(1);
    expect(stage.sink.connectionCount).toBe(connections);
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
  });

  for (const role of ['uplink', 'playout'] as const) {
    row(
      `n: an orphan marked as our ${role} is ended, the stream is not`,
      async ({ stage, daemon, uplinkPid, playoutPid }) => {
        const atMs = performance.now();
        const orphan = spawn('sleep', ['600'], {
          stdio: 'ignore',
          detached: true,
          env: { PATH: process.env['PATH'], STREAM_CONTROLLER_RUN: `${daemon.stateId}:${role}:0123456789ab:orphan-1` },
        });
        const orphanPid = orphan.pid ?? 0;
        await eventually(() => expect(isAlive(orphanPid)).toBe(false), {
          timeoutMs: withRoom(10_000),
          what: 'the end of the orphan',
        });
        const goneMs = performance.now() - atMs;
        await videoAdvances(stage.sink, 2000);
        const report = await liveOn(daemon);
        const view = viewSince(stage.sink, atMs);
        recordFault({
          row: 'n',
          fault: `orphan with the mark of our ${role}`,
          promised: 'gone ≤ 10 s, exactly one uplink',
          measured: `gone after ${seconds(goneMs)}`,
          ingest: describeView(view),
        });
        expect([report.uplink?.pid, report.playout?.pid]).toEqual([uplinkPid, playoutPid]);
        expect(view).toMatchObject({ sessions: 1, publishers: 1 });
        expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
      },
    );
  }

  row('n: a second daemon on the same state directory ends at once', async ({ stage, daemon, uplinkPid }) => {
    const atMs = performance.now();
    const second = await stage.start();
    const exit = await second.exited;
    const endedMs = performance.now() - atMs;
    await videoAdvances(stage.sink, 2000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'n',
      fault: 'second daemon on the same state directory',
      promised: 'exit 1, nothing touched',
      measured: `exit ${exit.code} after ${seconds(endedMs)}`,
      ingest: describeView(view),
    });
    expect(exit).toEqual({ code: 1, signal: null });
    expect(second.stderr).not.toMatch(/^\s+at /m);
    expect(second.logLines.join('\n')).toContain('another daemon runs on this state directory');
    expect((await liveOn(daemon)).uplink?.pid).toBe(uplinkPid);
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
  });
});

onStage.concurrent(
  'n: a daemon killed the moment its first processes appear leaves them to the next one',
  { timeout: 300_000 },
  async ({ stage }) => {
    await wishRed(stage);
    const daemon = await stage.start();
    const uplink = await eventually(
      () => {
        const pid = processesWithMarker(`=${daemon.stateId}:uplink:`)[0];
        if (pid === undefined) throw new Error('no uplink so far');
        signalPid(daemon.pid, 'SIGKILL');
        return pid;
      },
      { everyMs: 1, timeoutMs: 45_000, what: 'an uplink' },
    );
    await daemon.exited;
    const atMs = performance.now();
    const next = await stage.start();
    await newSession(stage.sink, 0);
    const report = await liveOn(next);
    await videoAdvances(stage.sink, 3000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'n',
      fault: 'daemon killed between starting the uplink and writing its PID file',
      promised: 'exactly one uplink',
      measured:
        report.uplink?.pid === uplink ? 'the next daemon adopts that very uplink' : 'the next daemon replaced it',
      ingest: describeView({ ...view, offAirMs: 0 }),
    });
    expect(view.publishers).toBe(1);
    expect(processesWithMarker(`=${daemon.stateId}:uplink:`)).toHaveLength(1);
  },
);

/** null where it lives on. */
const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    setTimeout(() => resolve(null), 20_000).unref();
  });
