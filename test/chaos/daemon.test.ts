import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { inTurn, type Turns } from '../fixtures/in-turn.ts';
import { MACHINE_PAUSE_MS, withRoom } from '../fixtures/room.ts';
import { killMarked } from '../fixtures/workspace.ts';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { liveOn, newSession, openOnAir, type Stage, videoAdvances, wishRed } from './stage.ts';
import { onStage } from './on-stage.ts';

interface Scene {
  readonly stage: Stage;
  /** The one that runs: whoever starts another puts it here. */
  daemon: Daemon;
}

/** On air with something moving, so that it has a bitrate to speak of. */
const ON_AIR: Turns<Scene> = {
  open: () => openOnAir('pattern.mp4', { pattern: 'testsrc2', seconds: 60 }),
  settle: async ({ stage, daemon }) => {
    await liveOn(daemon);
    await videoAdvances(stage.sink, 2000);
  },
  close: ({ stage }) => stage.close(),
};

describe.concurrent('daemons in a row', () => {
  const row = inTurn(ON_AIR);

  row('a: a daemon killed is not missed, and the next one adopts both processes', async (scene) => {
    const { stage, daemon } = scene;
    const before = await daemon.health();
    const atMs = performance.now();
    daemon.kill('SIGKILL');
    await daemon.exited;
    await videoAdvances(stage.sink, 5000);
    const startedMs = performance.now();
    const next = await stage.start();
    scene.daemon = next;
    await healthEventually(
      next,
      ({ uplink, playout }) => uplink?.pid === before.uplink?.pid && playout?.pid === before.playout?.pid,
      { what: 'the same processes' },
    );
    const adoptedMs = performance.now() - startedMs;
    await liveOn(next);
    await videoAdvances(stage.sink, 4000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'a',
      fault: 'daemon killed (SIGKILL), another started',
      promised: 'no gap; adopted within 1 s of the start, same PIDs',
      measured: `adopted ${seconds(adoptedMs)} after its process was started, same PIDs`,
      ingest: describeView(view),
    });
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
    expect(view.holeMs).toBeLessThan(300);
    expect(adoptedMs).toBeLessThan(withRoom(1000));
    expect((await next.health()).restarts.count).toBe(0);
  });

  row('b: a hand-over with another bitrate wished meanwhile keeps the session', async (scene) => {
    const { stage, daemon } = scene;
    const { uplink } = await daemon.health();
    const atMs = performance.now();
    daemon.kill('SIGHUP');
    expect(await daemon.exited).toEqual({ code: 75, signal: null });
    stage.wish({ media: 'pattern.mp4', bitrate: '300k' });
    const next = await stage.start();
    scene.daemon = next;
    const report = await healthEventually(
      next,
      ({ status, playout }) => status === 'live' && playout?.mode === 'transcode',
      { what: 'the other bitrate' },
    );
    const changedMs = performance.now() - atMs;
    await videoAdvances(stage.sink, 4000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'b',
      fault: 'hand-over (SIGHUP), next start with another bitrate',
      promised: 'no gap, the change within the session',
      measured: `exit 75; the other bitrate on air ${seconds(changedMs)} later`,
      ingest: describeView(view),
    });
    expect(report.uplink?.pid).toBe(uplink?.pid);
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
    expect(view.holeMs).toBeLessThan(300);
  });

  row('q: after everything was killed at once the next start is on air by itself', async (scene) => {
    const { stage, daemon } = scene;
    stage.wish({ media: 'pattern.mp4' });
    const sessions = stage.sink.sessions.length;
    daemon.kill('SIGKILL');
    await daemon.exited;
    await killMarked(`=${daemon.stateId}:`);
    await eventually(() => expect(stage.sink.publishers).toBe(0));
    const path = join(stage.stateDir, 'stream_state.json');
    const state = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...state, bootId: '00000000-0000-4000-8000-000000000000' }));
    const startedMs = performance.now();
    const next = await stage.start();
    scene.daemon = next;
    await newSession(stage.sink, sessions);
    await liveOn(next);
    await videoAdvances(stage.sink, 2000);
    const view = viewSince(stage.sink, startedMs);
    recordFault({
      row: 'q',
      fault: 'reboot: everything killed, PID files and state left behind',
      promised: 'on air by itself',
      measured: `picture ${seconds(view.pictureMs ?? Infinity)} after the start of the daemon`,
      ingest: describeView({ ...view, offAirMs: 0 }),
    });
    expect(view.publishers).toBe(1);
    expect(view.pictureMs).toBeLessThan(withRoom(5000));
  });
});

onStage.concurrent(
  'o: three failures in a row end the daemon plainly, and the next start goes on from its tally',
  { timeout: 300_000 },
  async ({ stage }) => {
    await wishRed(stage);
    const retries = { WORKER_RETRY_DELAY: '0.5', WORKER_MAX_RETRIES: '3' };
    await stage.sink.setMode('rejectPublish');
    const daemon = await stage.start(retries);
    expect(await daemon.exited).toEqual({ code: 1, signal: null });
    expect(stage.sink.rejectedCount).toBe(3);
    const last = JSON.parse(daemon.logLines.at(-1) ?? '{}') as { readonly msg?: string };
    expect(last.msg).toMatch(/^gave up after 3 failures of the uplink in a row; the last: /);
    expect(daemon.stderr).toBe('');
    const state = JSON.parse(readFileSync(join(stage.stateDir, 'stream_state.json'), 'utf8')) as {
      readonly tallies: { readonly uplink: { readonly backoff: { readonly step: number; readonly failures: number } } };
    };
    expect(state.tallies.uplink.backoff).toMatchObject({ step: 2, failures: 3 });
    const playouts = daemon.runs();
    const startedMs = performance.now();
    const next = await stage.start(retries);
    await eventually(() => expect(stage.sink.rejectedCount).toBe(4), { timeoutMs: 30_000, what: 'another attempt' });
    const attemptMs = performance.now() - startedMs;
    await stage.sink.setMode('accept');
    const acceptedMs = performance.now();
    await newSession(stage.sink, 0);
    await liveOn(next);
    await videoAdvances(stage.sink, 2000);
    const view = viewSince(stage.sink, acceptedMs);
    recordFault({
      row: 'o',
      fault: 'three uplink failures in a row (publish rejected), retry delay 0.5 s',
      promised: 'exit 1 with a plain last line, tally kept, the next start goes on',
      measured: `exit 1, "${last.msg}"; next daemon tried again ${seconds(attemptMs)} after its start, on air ${seconds(view.pictureMs ?? Infinity)} after the ingest accepts`,
      ingest: describeView({ ...view, offAirMs: 0 }),
    });
    expect(playouts.length).toBeGreaterThan(0);
    expect(view.publishers).toBe(1);
    expect(view.pictureMs).toBeLessThan(withRoom(2000));
  },
);
