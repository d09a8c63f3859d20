import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { HealthBody } from '../../src/health/body.ts';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { onStage } from './on-stage.ts';
import { goOnAir, healthyRun, liveOn, newSession, videoAdvances, wishRed } from './stage.ts';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { signalPid } from '../fixtures/workspace.ts';
import { MACHINE_PAUSE_MS, withRoom } from '../fixtures/room.ts';

const install = (program: string): void => {
  rmSync(program, { force: true });
  symlinkSync('/usr/bin/ffmpeg', program);
};

const installOld = (program: string): void => {
  rmSync(program, { force: true });
  writeFileSync(program, '#!/bin/sh\necho "ffmpeg version 4.4.2 Copyright (c) the FFmpeg developers"\n', {
    mode: 0o755,
  });
};

const down = (daemon: Daemon, reason: string): Promise<HealthBody> =>
  healthEventually(daemon, (report) => report.status === 'down' && report.reason === reason, { what: reason });

onStage.concurrent(
  'r: FFmpeg missing, then of a wrong version, then there: on air without a restart',
  { timeout: 300_000 },
  async ({ stage }) => {
    await wishRed(stage);
    const program = join(stage.dir, 'ffmpeg');
    const daemon = await stage.start({ FFMPEG_PATH: program });
    const missing = await down(daemon, 'FfmpegMissing');
    installOld(program);
    const old = await down(daemon, 'FfmpegUnusable');
    const atMs = performance.now();
    install(program);
    await newSession(stage.sink, 0);
    await liveOn(daemon);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'r',
      fault: 'FFmpeg missing at the start, then of version 4.4, then right',
      promised: 'clear reason; on air when fixed',
      measured: `down, ${missing.reason}; down, ${old.reason}; picture ${seconds(view.pictureMs ?? Infinity)} after it was right`,
      ingest: describeView(view),
    });
    expect(missing.message).toContain('install FFmpeg 5.1 or newer');
    expect(old.message).toContain('4.4.2');
    expect(view.publishers).toBe(1);
    expect(view.pictureMs).toBeLessThan(withRoom(5000));
  },
);

onStage.concurrent(
  'r: FFmpeg replaced by a wrong one while on air: nothing, until one has to be started',
  { timeout: 300_000 },
  async ({ stage }) => {
    await wishRed(stage);
    const program = join(stage.dir, 'ffmpeg');
    install(program);
    const { daemon, uplinkPid, playoutPid } = await goOnAir(stage, { FFMPEG_PATH: program });
    await healthyRun(stage.sink);
    const atMs = performance.now();
    installOld(program);
    await videoAdvances(stage.sink, 4000);
    const unharmed = viewSince(stage.sink, atMs);
    const meanwhile = await daemon.health();
    signalPid(uplinkPid, 'SIGKILL');
    const old = await down(daemon, 'FfmpegUnusable');
    const fixedMs = performance.now();
    install(program);
    await newSession(stage.sink, 1);
    await liveOn(daemon);
    await videoAdvances(stage.sink, 2000);
    const view = viewSince(stage.sink, fixedMs);
    recordFault({
      row: 'r',
      fault: 'FFmpeg replaced by version 4.4 while on air, then the uplink killed, then put right',
      promised: 'clear reason; on air when fixed',
      measured: `on air unharmed (${meanwhile.status}, ${meanwhile.reason}); then down, ${old.reason}; picture ${seconds(view.pictureMs ?? Infinity)} after it was right`,
      ingest: `${describeView(unharmed)}; then ${describeView({ ...view, offAirMs: 0 })}`,
    });
    expect([meanwhile.uplink?.pid, meanwhile.playout?.pid]).toEqual([uplinkPid, playoutPid]);
    expect(unharmed).toMatchObject({ sessions: 1, publishers: 1 });
    expect(unharmed.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
    expect(view.publishers).toBe(1);
    expect(view.pictureMs).toBeLessThan(withRoom(5000));
  },
);
