import { afterEach, expect, test } from 'vitest';
import { healthEventually } from '../fixtures/daemon.ts';
import type { Fault } from '../fixtures/s3-server.ts';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { goOnAir, itemOnAir, openStage, videoAdvances, type OnAir, type Stage } from './stage.ts';

const stages: Stage[] = [];

async function stageWith(env: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const stage = await openStage({ env });
  stages.push(stage);
  return stage;
}

afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

/** So many bytes that they are not in some socket's buffer before the fault begins. */
const LARGE = { pattern: 'testsrc2', seconds: 120, bitrateKbps: 6000, cbr: true } as const;

/** On air with an item that comes from the store as it is played. */
async function playLarge(stage: Stage): Promise<OnAir> {
  await stage.upload('large.mp4', LARGE);
  stage.wish({ media: 'large.mp4', bitrate: '7000k' });
  const onAir = await goOnAir(stage);
  await videoAdvances(stage.sink, 5000);
  return onAir;
}

interface Outage {
  readonly fault: string;
  readonly strike: (stage: Stage) => Promise<void>;
  readonly heal: (stage: Stage) => Promise<void>;
}

/** Every body from now on, and the one that is under way. */
async function failBodies(stage: Stage, fault: Fault): Promise<void> {
  stage.store.fault = ({ method }) => (method === 'GET' ? fault : undefined);
  await stage.store.down();
  await stage.store.up();
}

const outages: readonly Outage[] = [
  { fault: 'storage down', strike: ({ store }) => store.down(), heal: ({ store }) => store.up() },
  {
    fault: 'storage cuts every transfer after 200 kB',
    strike: (stage) => failBodies(stage, { kind: 'truncate', afterBytes: 200_000 }),
    heal: async ({ store }) => {
      store.fault = undefined;
    },
  },
  {
    fault: 'storage falls silent in mid-item',
    strike: (stage) => failBodies(stage, { kind: 'stall', afterBytes: 200_000 }),
    heal: async ({ store }) => {
      store.fault = undefined;
    },
  },
  {
    fault: 'storage slow: 20 kB/s for an item of 750 kB/s',
    strike: (stage) => failBodies(stage, { kind: 'throttle', bytesPerS: 20_000 }),
    heal: async ({ store }) => {
      store.fault = undefined;
    },
  },
];

test.each(outages)(
  'j: $fault: the slate covers it, and the item is resumed',
  { timeout: 120_000 },
  async ({ fault, strike, heal }) => {
    const stage = await stageWith();
    const { daemon } = await playLarge(stage);
    const atMs = performance.now();
    await strike(stage);
    const covered = await healthEventually(daemon, ({ playout }) => playout !== null && playout.item === null, {
      what: 'the slate',
      timeoutMs: 40_000,
    });
    const slateMs = performance.now() - atMs;
    await videoAdvances(stage.sink, 4000);
    const { reason } = await daemon.health();
    const healedMs = performance.now();
    await heal(stage);
    const report = await itemOnAir(daemon, 'large.mp4', 0, 60_000);
    const backMs = performance.now() - healedMs;
    await videoAdvances(stage.sink, 6000);
    const view = viewSince(stage.sink, atMs);
    const position = report.playout?.positionMs ?? 0;
    recordFault({
      row: 'j',
      fault,
      promised: 'slate ≤ 6 s after the pipe runs dry, same session, programme back ≤ 5 s after storage is, resumed',
      measured: `${covered.status}; slate on air ${seconds(slateMs)} after the fault, ${reason}; item back after ${seconds(backMs)}, at ${seconds(position)}`,
      ingest: describeView(view),
    });
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(6000 * 2 + 3000);
    expect(backMs).toBeLessThan(5000 * 2 + 3000);
    expect(position).toBeGreaterThan(3000);
  },
);

test(
  'k: signed addresses of 20 s are renewed in time, for longer and for shorter items',
  { timeout: 150_000 },
  async () => {
    const ttl = { STORAGE_URL_TTL: '20' };
    const runs = [
      { name: 'an item of 60 s', recipe: { pattern: 'testsrc2', seconds: 60, bitrateKbps: 1500, cbr: true } as const },
      { name: 'an item of 10 s, looped', recipe: { pattern: 'testsrc2', seconds: 10 } as const },
    ];
    const results = await Promise.all(
      runs.map(async ({ name, recipe }) => {
        const stage = await stageWith(ttl);
        await stage.upload('item.mp4', recipe);
        stage.wish({ media: 'item.mp4', bitrate: '2000k' });
        await goOnAir(stage);
        const atMs = performance.now();
        await videoAdvances(stage.sink, 65_000, 40_000);
        const refused = stage.store.requests.filter(({ status }) => status === 403).length;
        return { name, refused, reads: bodies(stage), view: viewSince(stage.sink, atMs) };
      }),
    );
    for (const { name, refused, reads, view } of results) {
      recordFault({
        row: 'k',
        fault: `signed address lives 20 s: ${name}`,
        promised: 'renewed before, no gap',
        measured: `${reads} reads in 65 s, ${refused} of them refused by the store`,
        ingest: describeView(view),
      });
    }
    for (const { name, refused, view } of results) {
      expect(refused, name).toBe(0);
      expect(view, name).toMatchObject({ sessions: 1, publishers: 1 });
      expect(view.offAirMs, name).toBeLessThan(1500);
      expect(view.holeMs, name).toBeLessThan(500);
    }
  },
);

const bodies = (stage: Stage): number => stage.store.requests.filter(({ method }) => method === 'GET').length;

test.each([3_600_000, -3_600_000])(
  'p: a store whose clock is %d ms off is read all the same',
  { timeout: 90_000 },
  async (clockOffsetMs) => {
    const stage = await stageWith();
    await stage.upload('a.mp4', { color: 'red', seconds: 6 });
    await stage.upload('b.mp4', { color: 'blue', seconds: 6, sineHz: 880 });
    stage.wish({ media: '[a.mp4, b.mp4]' });
    await goOnAir(stage);
    await videoAdvances(stage.sink, 3000);
    const atMs = performance.now();
    stage.store.clearRequests();
    stage.store.clockOffsetMs = clockOffsetMs;
    await videoAdvances(stage.sink, 15_000);
    const stepped = viewSince(stage.sink, atMs);
    const refused = stage.store.requests.filter(({ status }) => status === 403).length;
    const sign = clockOffsetMs > 0 ? 'ahead' : 'behind';
    recordFault({
      row: 'p',
      fault: `store's clock steps an hour ${sign} while on air`,
      promised: 'nothing: the skew is found from the Date header and allowed for',
      measured: `${refused} requests refused, then all granted`,
      ingest: describeView(stepped),
    });
    expect(stepped).toMatchObject({ sessions: 1, publishers: 1 });
    expect(stepped.offAirMs).toBeLessThan(4000);
    expect(stage.store.requests.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
  },
);
