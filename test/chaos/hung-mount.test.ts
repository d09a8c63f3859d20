import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { healthEventually } from '../fixtures/daemon.ts';
import { MACHINE_PAUSE_MS } from '../fixtures/room.ts';
import { runTool } from '../fixtures/run-tool.ts';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { onStage } from './on-stage.ts';
import { goOnAir, liveOn, type Stage, videoAdvances } from './stage.ts';

/**
 * Lays a file system over a directory that answers nothing, as that of a server that is gone: one of FUSE whose requests
 * nobody reads. Once its holder is gone all that waits for it fails.
 */
async function hang(stage: Stage, path: string): Promise<() => Promise<void>> {
  const mounted = 'mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0,allow_other hung "$1"';
  const holder = spawn('sh', ['-c', `exec 9<>/dev/fuse && ${mounted} && echo hung && exec sleep 600`, 'sh', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = async (): Promise<void> => {
    if (holder.exitCode === null && holder.signalCode === null) {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
    await runTool('umount', ['-l', path]);
  };
  stage.defer(end);
  await once(holder.stdout, 'data');
  return end;
}

onStage(
  'l: a configuration whose file system hangs is told within seconds, and nothing on air changes',
  { timeout: 300_000, tags: 'long' },
  async ({ stage }) => {
    const stateDir = join(stage.dir, 'elsewhere');
    mkdirSync(stateDir, { mode: 0o700 });
    await stage.upload('red.mp4', { color: 'red', seconds: 60 });
    stage.wish({ media: 'red.mp4' });
    const { daemon, uplinkPid, playoutPid } = await goOnAir(stage, { STREAM_STATE_DIR: stateDir });
    await videoAdvances(stage.sink, 2000);
    const atMs = performance.now();
    const heal = await hang(stage, stage.configDir);
    const report = await healthEventually(daemon, ({ reason }) => reason === 'ObservationFailed', {
      what: 'being told',
      timeoutMs: 60_000,
    });
    const toldMs = performance.now() - atMs;
    const { status } = await daemon.rawHealth();
    await videoAdvances(stage.sink, 20_000);
    await heal();
    const healed = await liveOn(daemon);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'l',
      fault: 'the file system of desired.yaml hangs for 20 s and more',
      promised: '/health says so within seconds, nothing on air changes, and it heals',
      measured: `${status}, ${report.status}, ${report.reason} after ${seconds(toldMs)}: ${report.message}`,
      ingest: describeView(view),
    });
    expect({ status, told: report.status }).toEqual({ status: 503, told: 'down' });
    expect([healed.uplink?.pid, healed.playout?.pid]).toEqual([uplinkPid, playoutPid]);
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
  },
);
