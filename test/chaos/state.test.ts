import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { onStage } from './on-stage.ts';
import { goOnAir, healthyRun, liveOn, newSession, type Stage, videoAdvances } from './stage.ts';
import { eventually } from '../fixtures/eventually.ts';
import { runTool, runToolOk } from '../fixtures/run-tool.ts';
import { isAlive, makeWorkspace, signalPid } from '../fixtures/workspace.ts';
import { MACHINE_PAUSE_MS, withRoom } from '../fixtures/room.ts';

const isRoot = process.getuid?.() === 0;

/** Two items, of which one ends within so many seconds; a daemon that is missed for as long is missed on air. */
async function wishList(stage: Stage, seconds = 8): Promise<void> {
  await stage.upload('a.mp4', { color: 'red', seconds });
  await stage.upload('b.mp4', { color: 'blue', seconds, sineHz: 880 });
  stage.wish({ media: '[a.mp4, b.mp4]' });
}

/** A small file system of its own for the state directory; unmounted when the stage closes. */
async function smallDisk(stage: Stage): Promise<string> {
  const workspace = makeWorkspace();
  const path = join(workspace.dir, 'state');
  mkdirSync(path);
  await runToolOk('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', path]);
  stage.defer(async () => {
    // As often as something was mounted over it.
    for (let i = 0; i < 3; i += 1) await runTool('umount', ['-l', path]);
    await workspace.cleanup();
  });
  return path;
}

interface DiskFault {
  readonly fault: string;
  readonly strike: (path: string) => Promise<unknown>;
  readonly heal: (path: string) => Promise<unknown>;
  readonly tags: readonly string[];
}

const fill = (path: string): Promise<unknown> =>
  runTool('dd', ['if=/dev/zero', `of=${join(path, 'filler')}`, 'bs=4k', 'count=1000']);

const diskFaults: readonly DiskFault[] = [
  {
    fault: 'disk of the state directory full',
    strike: fill,
    heal: async (path) => rmSync(join(path, 'filler')),
    tags: [],
  },
  {
    fault: 'state directory read-only',
    // A mount with open writers cannot be made read-only; one laid over it can, and all names lead there.
    strike: async (path) => {
      await runToolOk('mount', ['--bind', path, path]);
      await runToolOk('mount', ['-o', 'remount,bind,ro', path]);
    },
    heal: (path) => runToolOk('umount', [path]),
    tags: ['long'],
  },
];

for (const { fault, strike, heal, tags } of diskFaults) {
  onStage
    .skipIf(!isRoot)
    .concurrent(
      `m: ${fault}: items, and the uplink, come and go as ever`,
      { timeout: 300_000, tags: [...tags] },
      async ({ stage }) => {
        const path = await smallDisk(stage);
        await wishList(stage, 6);
        const { daemon } = await goOnAir(stage, { STREAM_STATE_DIR: path });
        await healthyRun(stage.sink);
        const atMs = performance.now();
        await strike(path);
        // Over at least one end of an item.
        await videoAdvances(stage.sink, 8_000);
        const during = viewSince(stage.sink, atMs);
        const report = await daemon.health();
        const killedMs = performance.now();
        signalPid(report.uplink?.pid ?? 0, 'SIGKILL');
        await newSession(stage.sink, 1);
        await videoAdvances(stage.sink, 2000);
        const { status, reason } = await daemon.health();
        const again = viewSince(stage.sink, killedMs);
        await heal(path);
        await eventually(() => expect(existsSync(join(path, 'uplink.pid'))).toBe(true));
        await liveOn(daemon);
        await videoAdvances(stage.sink, 7_000);
        const view = viewSince(stage.sink, atMs);
        recordFault({
          row: 'm',
          fault,
          promised: 'stream unharmed, heals when it can',
          measured: `items change meanwhile, longest pause ${seconds(during.offAirMs)}; uplink killed meanwhile: picture after ${seconds(again.pictureMs ?? Infinity)}; then ${status}, ${reason}; live once there is room`,
          // When the last session came counts from the uplink's death, and is told above.
          ingest: describeView({ ...view, pictureMs: null }),
        });
        expect(during).toMatchObject({ sessions: 1 });
        expect(during.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
        expect(again.pictureMs).toBeLessThan(withRoom(2000));
        expect(view).toMatchObject({ sessions: 2, publishers: 1 });
      },
    );
}

onStage.concurrent('m: a deleted state directory costs nothing on air', { timeout: 300_000 }, async ({ stage }) => {
  await wishList(stage);
  const { daemon, uplinkPid } = await goOnAir(stage);
  await healthyRun(stage.sink);
  const atMs = performance.now();
  rmSync(stage.stateDir, { recursive: true });
  await videoAdvances(stage.sink, 10_000);
  const during = viewSince(stage.sink, atMs);
  signalPid(uplinkPid, 'SIGKILL');
  await newSession(stage.sink, 1);
  await liveOn(daemon);
  await videoAdvances(stage.sink, 3000);
  // The next daemon finds none of the names, and the processes all the same.
  const { uplink } = await daemon.health();
  daemon.kill('SIGKILL');
  await daemon.exited;
  const next = await stage.start();
  const adopted = await liveOn(next);
  await videoAdvances(stage.sink, 10_000);
  const view = viewSince(stage.sink, atMs);
  recordFault({
    row: 'm',
    fault: 'state directory deleted; then uplink killed; then daemon killed',
    promised: 'stream unharmed, heals when it can',
    measured: `items change meanwhile, longest pause ${seconds(during.offAirMs)}; new session with the uplink; the next daemon adopts it`,
    // When the last session came counts from the uplink's death, and is told above.
    ingest: describeView({ ...view, pictureMs: null }),
  });
  expect(during).toMatchObject({ sessions: 1 });
  expect(during.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
  expect(adopted.uplink?.pid).toBe(uplink?.pid);
  expect(view).toMatchObject({ sessions: 2, publishers: 1 });
  expect(view.offAirMs).toBeLessThan(withRoom(2000));
});

onStage.concurrent(
  'm: stale, corrupt and foreign PID files mislead nobody, and a foreign process is never signalled',
  { timeout: 300_000 },
  async ({ stage }) => {
    await wishList(stage);
    const foreign = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
    const foreignPid = foreign.pid ?? 0;
    stage.defer(() => void signalPid(foreignPid, 'SIGKILL'));
    const { daemon, uplinkPid } = await goOnAir(stage);
    const atMs = performance.now();
    daemon.kill('SIGKILL');
    await daemon.exited;
    writeFileSync(join(stage.stateDir, 'uplink.pid'), `${foreignPid}\n`);
    writeFileSync(join(stage.stateDir, 'playout.pid'), 'corrupt \0 not a number\n');
    writeFileSync(join(stage.stateDir, 'next.pid'), '4194303\n');
    writeFileSync(join(stage.stateDir, 'stream_state.json'), '{"half": ');
    const next = await stage.start();
    const report = await liveOn(next);
    await videoAdvances(stage.sink, 9000);
    const view = viewSince(stage.sink, atMs);
    next.kill('SIGTERM');
    const exit = await next.exited;
    recordFault({
      row: 'm',
      fault: 'PID files foreign, corrupt and stale, state file cut off, found by the next daemon',
      promised: 'stream unharmed, nothing foreign signalled',
      measured: `same uplink adopted; the foreign process lives on, also after SIGTERM of the daemon (exit ${exit.code})`,
      ingest: describeView(view),
    });
    expect(report.uplink?.pid).toBe(uplinkPid);
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(isAlive(foreignPid)).toBe(true);
  },
);
