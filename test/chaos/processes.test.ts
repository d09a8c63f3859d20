import { describe, expect } from 'vitest';
import { recordFault } from './fault-table.ts';
import { coloursSeen, describeView, type IngestView, seconds, viewSince } from './ingest-view.ts';
import { healthyRun, liveOn, newSession, openOnAir, type StageOnAir, videoAdvances } from './stage.ts';
import { healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { inTurn, type Turns } from '../fixtures/in-turn.ts';
import { isAlive, signalPid } from '../fixtures/workspace.ts';
import { MACHINE_PAUSE_MS, withRoom } from '../fixtures/room.ts';

/** On air for so long that the uplink's run is a healthy one, with an item whose playout has an FFmpeg still. */
const HEALTHY: Turns<StageOnAir> = {
  open: () => openOnAir('red.mp4', { color: 'red', seconds: 120 }),
  settle: async ({ stage, daemon }) => {
    await healthyRun(stage.sink);
    await healthEventually(daemon, ({ status, playout }) => status === 'live' && (playout?.pid ?? null) !== null, {
      what: 'a playout with an FFmpeg',
    });
  },
  close: ({ stage }) => stage.close(),
};

/** Of the item on air. */
async function playoutFails(
  { stage, daemon }: StageOnAir,
  { row, what, signal }: { readonly row: 'd' | 'f'; readonly what: string; readonly signal: NodeJS.Signals },
): Promise<void> {
  const before = (await daemon.health()).playout;
  const playoutPid = before?.pid ?? null;
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
}

/** Signals the uplink and waits for the session after it; answers with the uplink that was, and what the ingest saw. */
async function uplinkFails(
  { stage, daemon }: StageOnAir,
  signal: NodeJS.Signals,
): Promise<{ readonly uplinkPid: number; readonly view: IngestView }> {
  const { uplink } = await daemon.health();
  if (uplink === null) throw new Error('there is no uplink');
  const sessions = stage.sink.sessions.length;
  const atMs = performance.now();
  signalPid(uplink.pid, signal);
  await newSession(stage.sink, sessions);
  await liveOn(daemon);
  await videoAdvances(stage.sink, 3000);
  return { uplinkPid: uplink.pid, view: viewSince(stage.sink, atMs) };
}

describe.concurrent('killed', () => {
  const row = inTurn(HEALTHY);

  row('d: a playout killed is not seen: its item goes on behind what stands in memory', (scene) =>
    playoutFails(scene, { row: 'd', what: 'killed', signal: 'SIGKILL' }),
  );

  row('c: an uplink killed after a healthy run is followed by a new session at once', async (scene) => {
    const before = (await scene.daemon.health()).restarts.count;
    const { view } = await uplinkFails(scene, 'SIGKILL');
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
    expect((await scene.daemon.health()).restarts).toMatchObject({
      count: before + 1,
      lastReason: expect.stringContaining('SIGKILL'),
    });
  });
});

describe.concurrent('frozen', () => {
  const row = inTurn(HEALTHY);

  row('f: a playout frozen is not seen: its item goes on behind what stands in memory', (scene) =>
    playoutFails(scene, { row: 'f', what: 'frozen', signal: 'SIGSTOP' }),
  );

  row('e: a frozen uplink is seen and replaced', async (scene) => {
    const { uplinkPid, view } = await uplinkFails(scene, 'SIGSTOP');
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
});
