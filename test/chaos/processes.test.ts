import { expect } from 'vitest';
import { recordFault } from './fault-table.ts';
import { coloursSeen, describeView, seconds, viewSince } from './ingest-view.ts';
import { onStage } from './on-stage.ts';
import { goOnAir, HEALTHY_RUN_MS, liveOn, newSession, type Stage, videoAdvances } from './stage.ts';
import { healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isAlive, signalPid } from '../fixtures/workspace.ts';
import { MACHINE_PAUSE_MS, withRoom } from '../fixtures/room.ts';

onStage.concurrent(
  'c: an uplink killed after a healthy run is followed by a new session at once',
  { timeout: 300_000 },
  async ({ stage }) => {
    await wishMoving(stage);
    const { daemon, uplinkPid } = await goOnAir(stage);
    await videoAdvances(stage.sink, HEALTHY_RUN_MS);
    const atMs = performance.now();
    signalPid(uplinkPid, 'SIGKILL');
    await newSession(stage.sink, 1);
    await liveOn(daemon);
    await videoAdvances(stage.sink, 3000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'c',
      fault: 'uplink killed after a healthy run',
      promised: 'new session ≤ 1.5 s, picture ≤ 2 s',
      measured: `session after ${seconds(view.reopenedMs ?? Infinity)}, picture after ${seconds(view.pictureMs ?? Infinity)}`,
      ingest: describeView(view),
    });
    expect(view).toMatchObject({ sessions: 2, publishers: 1 });
    expect(view.reopenedMs).toBeLessThan(withRoom(1500));
    expect(view.pictureMs).toBeLessThan(withRoom(2000));
    expect((await daemon.health()).restarts).toMatchObject({
      count: 1,
      lastReason: expect.stringContaining('SIGKILL'),
    });
  },
);

onStage.concurrent.for([
  { row: 'd', what: 'killed', signal: 'SIGKILL' },
  { row: 'f', what: 'frozen', signal: 'SIGSTOP' },
] as const)(
  '$row: a playout $what is not seen: its item goes on behind what stands in memory',
  { timeout: 300_000 },
  async ({ row, what, signal }, { stage }) => {
    await stage.upload('red.mp4', { color: 'red', seconds: 120 });
    stage.wish({ media: 'red.mp4' });
    const { daemon, playoutPid } = await goOnAir(stage);
    await videoAdvances(stage.sink, 9000);
    const before = (await daemon.health()).playout;
    const atMs = performance.now();
    if (playoutPid === null) throw new Error('the playout has no FFmpeg');
    signalPid(playoutPid, signal);
    const back = await healthEventually(
      daemon,
      ({ playout }) => playout?.pid !== null && playout?.pid !== playoutPid && playout?.item === 'red.mp4',
      { what: 'another playout of the item', timeoutMs: 45_000 },
    );
    const drift = (back.playout?.positionMs ?? 0) - (before?.positionMs ?? 0) - (performance.now() - atMs);
    await videoAdvances(stage.sink, 4000);
    const view = viewSince(stage.sink, atMs);
    const seen = await coloursSeen(stage.sink, 'red');
    recordFault({
      row,
      fault: `playout ${what} (${signal})`,
      promised: 'nothing but the programme is seen, gap ≤ 0.3 s',
      measured: `${seconds(before?.bufferedMs ?? 0)} stood in memory; seen: ${seen.join(', ')}; position off by ${seconds(Math.abs(drift))}`,
      ingest: describeView(view),
    });
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(seen).toEqual(['red']);
    expect(Math.abs(drift)).toBeLessThan(withRoom(1000));
    expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
    expect(view.holeMs).toBeLessThan(300);
    await eventually(() => expect(isAlive(playoutPid)).toBe(false));
  },
);

onStage.concurrent('e: a frozen uplink is seen and replaced', { timeout: 300_000 }, async ({ stage }) => {
  await wishMoving(stage);
  const { daemon, uplinkPid } = await goOnAir(stage);
  await videoAdvances(stage.sink, HEALTHY_RUN_MS);
  const atMs = performance.now();
  signalPid(uplinkPid, 'SIGSTOP');
  await newSession(stage.sink, 1);
  await liveOn(daemon);
  await videoAdvances(stage.sink, 3000);
  const view = viewSince(stage.sink, atMs);
  recordFault({
    row: 'e',
    fault: 'uplink frozen (SIGSTOP)',
    promised: 'replaced ≤ 8 s',
    measured: `session after ${seconds(view.reopenedMs ?? Infinity)}, picture after ${seconds(view.pictureMs ?? Infinity)}`,
    ingest: describeView(view),
  });
  expect(view).toMatchObject({ sessions: 2, publishers: 1 });
  expect(view.pictureMs).toBeLessThan(withRoom(8000));
  await eventually(() => expect(isAlive(uplinkPid)).toBe(false));
});

async function wishMoving(stage: Stage): Promise<void> {
  await stage.upload('moving.mp4', { pattern: 'testsrc2', seconds: 60 });
  stage.wish({ media: 'moving.mp4' });
}
