import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Fault } from '../fixtures/s3-faults.ts';
import { recordFault } from './fault-table.ts';
import { coloursSeen, describeView, seconds, viewSince } from './ingest-view.ts';
import { onStageWithNewMedia } from './on-stage.ts';
import { goOnAir, itemOnAir, type OnAir, type Stage, videoAdvances } from './stage.ts';
import { healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { MACHINE_PAUSE_MS, withRoom } from '../fixtures/room.ts';

/** So many bytes that they are not in some socket's buffer before the fault begins. */
const LARGE = { color: 'red', seconds: 120, bitrateKbps: 6000, cbr: true } as const;

/** On air with an item that comes from the store as it is played. */
async function playLarge(stage: Stage): Promise<OnAir> {
  await stage.upload('large.mp4', LARGE);
  stage.wish({ media: 'large.mp4', bitrate: '7000k' });
  const onAir = await goOnAir(stage);
  await healthEventually(onAir.daemon, ({ playout }) => (playout?.bufferedMs ?? 0) >= 20_000, {
    what: 'a full reservoir',
    timeoutMs: 45_000,
  });
  return onAir;
}

/** Befalls every body from now on; the one under way is cut. */
async function failBodies({ store }: Stage, fault: Fault): Promise<void> {
  store.fault = ({ method }) => (method === 'GET' ? fault : undefined);
  await store.down();
  await store.up();
}

interface Outage {
  readonly fault: string;
  /**
   * Of the test of 15 s: that of a longer one holds what is down to more than 15 s without the slate, and one that never
   * answers gives less than one that is slow.
   */
  readonly tags?: 'long';
  readonly strike: (stage: Stage) => Promise<void>;
  readonly heal: (stage: Stage) => Promise<void>;
}

const noFault = async ({ store }: Stage): Promise<void> => {
  store.fault = undefined;
};

const outages: readonly Outage[] = [
  { fault: 'storage down', tags: 'long', strike: ({ store }) => store.down(), heal: ({ store }) => store.up() },
  {
    fault: 'storage takes requests and never answers',
    strike: (stage) => failBodies(stage, { kind: 'hang' }),
    heal: noFault,
  },
  {
    fault: 'storage slow: 20 kB/s for an item of 750 kB/s',
    tags: 'long',
    strike: (stage) => failBodies(stage, { kind: 'throttle', bytesPerS: 20_000 }),
    heal: noFault,
  },
];

for (const { fault, tags = [], strike, heal } of outages) {
  onStageWithNewMedia.concurrent(
    `j: ${fault} for 15 s: nothing but the programme is seen`,
    { timeout: 300_000, tags },
    async ({ stage }) => {
      const { daemon } = await playLarge(stage);
      const atMs = performance.now();
      await strike(stage);
      await sleep(15_000 - (performance.now() - atMs));
      const { status, reason, playout } = await daemon.health();
      await heal(stage);
      await healthEventually(
        daemon,
        (report) =>
          report.status === 'live' && report.playout?.pid !== null && (report.playout?.bufferedMs ?? 0) > 10_000,
        { what: 'the item going on from the store', timeoutMs: 80_000 },
      );
      await videoAdvances(stage.sink, 4000);
      const view = viewSince(stage.sink, atMs);
      const seen = await coloursSeen(stage.sink, 'red');
      recordFault({
        row: 'j',
        fault: `${fault}, for 15 s`,
        promised: 'nothing but the programme is seen, gap ≤ 0.3 s',
        measured: `seen: ${seen.join(', ')}; ${status}, ${reason} meanwhile, and ${seconds(playout?.bufferedMs ?? 0)} left in memory at its end`,
        ingest: describeView(view),
      });
      expect(view).toMatchObject({ sessions: 1, publishers: 1 });
      expect(seen).toEqual(['red']);
      expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
      expect(view.holeMs).toBeLessThan(300);
    },
  );
}

for (const { fault, strike, heal } of outages) {
  onStageWithNewMedia.concurrent(
    `j: ${fault} for longer: the slate covers it without a pause, and the item is resumed`,
    { timeout: 300_000, tags: fault === 'storage down' ? [] : ['long'] },
    async ({ stage }) => {
      const { daemon } = await playLarge(stage);
      const atMs = performance.now();
      await strike(stage);
      await healthEventually(daemon, ({ playout }) => playout !== null && playout.item === null, {
        what: 'the slate',
        timeoutMs: 90_000,
      });
      const slateMs = performance.now() - atMs;
      await videoAdvances(stage.sink, 4000);
      const { status, reason } = await daemon.health();
      const healedMs = performance.now();
      await heal(stage);
      const report = await itemOnAir(daemon, 'large.mp4', 0, 90_000);
      const backMs = performance.now() - healedMs;
      const position = report.playout?.positionMs ?? 0;
      await videoAdvances(stage.sink, 6000);
      const view = viewSince(stage.sink, atMs);
      recordFault({
        row: 'j',
        fault: `${fault}, for longer`,
        promised:
          'slate when the reservoir is dry, gap ≤ 0.5 s at both ends, same session, programme back ≤ 5 s after storage is, resumed',
        measured: `slate on air ${seconds(slateMs)} after the fault (${status}, ${reason}); item back ${seconds(backMs)} after storage, at ${seconds(position)}`,
        ingest: describeView(view),
      });
      expect(view).toMatchObject({ sessions: 1, publishers: 1 });
      expect(slateMs).toBeGreaterThan(15_000);
      expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
      expect(backMs).toBeLessThan(withRoom(5000));
      expect(position).toBeGreaterThan(15_000);
    },
  );
}

onStageWithNewMedia.concurrent(
  'j: transfers cut again and again in mid-item are taken up by FFmpeg itself',
  { timeout: 300_000 },
  async ({ stage }) => {
    const { playoutPid, daemon } = await playLarge(stage);
    stage.store.clearRequests();
    const atMs = performance.now();
    await failBodies(stage, { kind: 'truncate', afterBytes: 3_000_000 });
    await videoAdvances(stage.sink, 20_000);
    const readCount = (): number => stage.store.requests.filter(({ method }) => method === 'GET').length;
    // With a full reservoir it may have taken two transfers of 3 MB by now.
    await eventually(() => expect(readCount()).toBeGreaterThan(2), { timeoutMs: 40_000, what: 'another transfer' });
    const view = viewSince(stage.sink, atMs);
    const forS = (performance.now() - atMs) / 1_000;
    recordFault({
      row: 'j',
      fault: 'storage cuts every transfer after 3 MB',
      promised: "FFmpeg's own reconnect first",
      measured: `${readCount()} reads in ${forS.toFixed(0)} s, the same FFmpeg all along`,
      ingest: describeView(view),
    });
    expect((await daemon.health()).playout?.pid).toBe(playoutPid);
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(withRoom(1000));
  },
);

for (const { name, recipe, tags } of [
  // It is read for longer than an address lives, and so is waited for in line.
  { name: 'an item of 48 s', recipe: { pattern: 'testsrc2', seconds: 48, bitrateKbps: 1500, cbr: true }, tags: [] },
  { name: 'an item of 10 s, looped', recipe: { pattern: 'testsrc2', seconds: 10 }, tags: ['long'] },
] as const) {
  onStageWithNewMedia.concurrent(
    `k: signed addresses of 20 s are renewed in time: ${name}`,
    { timeout: 300_000, tags: [...tags] },
    async ({ stage }) => {
      await stage.upload('item.mp4', recipe);
      stage.wish({ media: 'item.mp4', bitrate: '2000k' });
      await goOnAir(stage, { STORAGE_URL_TTL: '20' });
      const atMs = performance.now();
      await videoAdvances(stage.sink, 51_000, 40_000);
      const view = viewSince(stage.sink, atMs);
      const refused = stage.store.requests.filter(({ status }) => status === 403).length;
      const reads = stage.store.requests.filter(({ method }) => method === 'GET').length;
      recordFault({
        row: 'k',
        fault: `signed address lives 20 s: ${name}`,
        promised: 'renewed before, no gap',
        measured: `${reads} reads in 51 s, ${refused} of them refused by the store`,
        ingest: describeView(view),
      });
      expect(refused).toBe(0);
      expect(view).toMatchObject({ sessions: 1, publishers: 1 });
      expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
      expect(view.holeMs).toBeLessThan(500);
    },
  );
}

for (const { clockOffsetMs, where, tags } of [
  { clockOffsetMs: 3_600_000, where: 'ahead', tags: [] },
  { clockOffsetMs: -3_600_000, where: 'behind', tags: ['long'] },
]) {
  onStageWithNewMedia.concurrent(
    `p: a store whose clock steps an hour ${where} is read all the same`,
    { timeout: 300_000, tags },
    async ({ stage }) => {
      await stage.upload('a.mp4', { color: 'red', seconds: 6 });
      await stage.upload('b.mp4', { color: 'blue', seconds: 6, sineHz: 880 });
      stage.wish({ media: '[a.mp4, b.mp4]' });
      const { daemon } = await goOnAir(stage);
      await videoAdvances(stage.sink, 3000);
      const atMs = performance.now();
      stage.store.clearRequests();
      stage.store.clockOffsetMs = clockOffsetMs;
      await videoAdvances(stage.sink, 14_000);
      const view = viewSince(stage.sink, atMs);
      const refused = stage.store.requests.filter(({ status }) => status === 403).length;
      const { status } = await daemon.health();
      recordFault({
        row: 'p',
        fault: `store's clock steps an hour ${where} while on air`,
        promised: 'nothing: the skew is found from the Date header and allowed for',
        measured: `${refused} requests refused in 14 s; ${status} then`,
        ingest: describeView(view),
      });
      expect(view).toMatchObject({ sessions: 1, publishers: 1 });
      expect(view.offAirMs).toBeLessThan(withRoom(1000));
      // An item refused meanwhile waits as the retry policy says.
      await itemOnAir(daemon, 'a.mp4', 0, 60_000);
      await itemOnAir(daemon, 'b.mp4');
    },
  );
}
