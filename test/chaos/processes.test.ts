import { expect } from 'vitest';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { onStage } from './on-stage.ts';
import { goOnAir, HEALTHY_RUN_MS, itemOnAir, liveOn, newSession, type Stage, videoAdvances } from './stage.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isAlive, signalPid } from '../fixtures/workspace.ts';

onStage.concurrent(
  'c: an uplink killed after a healthy run is followed by a new session at once',
  { timeout: 150_000 },
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
    expect(view.reopenedMs).toBeLessThan(1500 * 2 + 3000);
    expect(view.pictureMs).toBeLessThan(2000 * 2 + 3000);
    expect((await daemon.health()).restarts).toMatchObject({
      count: 1,
      lastReason: expect.stringContaining('SIGKILL'),
    });
  },
);

onStage.concurrent(
  'd: a playout killed is covered at once, and its item goes on where it was',
  { timeout: 150_000 },
  async ({ stage }) => {
    await wishMoving(stage);
    const { daemon, playoutPid } = await goOnAir(stage);
    await videoAdvances(stage.sink, 9000);
    const before = (await daemon.health()).playout?.positionMs ?? 0;
    const atMs = performance.now();
    signalPid(playoutPid, 'SIGKILL');
    const back = await itemOnAir(daemon, 'moving.mp4', playoutPid);
    const backMs = performance.now() - atMs;
    await videoAdvances(stage.sink, 4000);
    const view = viewSince(stage.sink, atMs);
    const position = back.playout?.positionMs ?? 0;
    recordFault({
      row: 'd',
      fault: 'playout killed',
      promised: 'same session, picture back ≤ 1 s, item back at its position ≤ 2 s',
      measured: `picture back after ${seconds(view.offAirMs)}; item back after ${seconds(backMs)}, at ${seconds(position)} (was at ${seconds(before)})`,
      ingest: describeView(view),
    });
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(1000 * 2 + 3000);
    expect(backMs).toBeLessThan(2000 * 2 + 3000);
    expect(Math.abs(position - before)).toBeLessThan(10_000);
  },
);

onStage.concurrent('e: a frozen uplink is seen and replaced', { timeout: 150_000 }, async ({ stage }) => {
  await wishMoving(stage);
  const { daemon, uplinkPid } = await goOnAir(stage);
  await videoAdvances(stage.sink, HEALTHY_RUN_MS);
  const atMs = performance.now();
  signalPid(uplinkPid, 'SIGSTOP');
  await newSession(stage.sink, 1, 25_000);
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
  expect(view.pictureMs).toBeLessThan(8000 * 2 + 3000);
  await eventually(() => expect(isAlive(uplinkPid)).toBe(false));
});

onStage.concurrent('f: a frozen playout is replaced in the same session', { timeout: 150_000 }, async ({ stage }) => {
  await wishMoving(stage);
  const { daemon, playoutPid } = await goOnAir(stage);
  await videoAdvances(stage.sink, 4000);
  const atMs = performance.now();
  signalPid(playoutPid, 'SIGSTOP');
  await itemOnAir(daemon, 'moving.mp4', playoutPid, 25_000);
  const backMs = performance.now() - atMs;
  await videoAdvances(stage.sink, 4000);
  const view = viewSince(stage.sink, atMs);
  recordFault({
    row: 'f',
    fault: 'playout frozen (SIGSTOP)',
    promised: 'same session, picture back ≤ 8 s',
    measured: `picture back after ${seconds(view.offAirMs)}, the item after ${seconds(backMs)}`,
    ingest: describeView(view),
  });
  expect(view).toMatchObject({ sessions: 1, publishers: 1 });
  expect(view.offAirMs).toBeLessThan(8000 * 2 + 3000);
  await eventually(() => expect(isAlive(playoutPid)).toBe(false));
});

async function wishMoving(stage: Stage): Promise<void> {
  await stage.upload('moving.mp4', { pattern: 'testsrc2', seconds: 60 });
  stage.wish({ media: 'moving.mp4' });
}
