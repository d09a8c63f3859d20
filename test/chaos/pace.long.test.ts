import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { HealthBody } from '../../src/health/body.ts';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { recordFault } from './fault-table.ts';
import { HealthWatch } from './health-watch.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { onStageWithNewMedia } from './on-stage.ts';
import type { Stage } from './stage.ts';

/** Of what an item needs. Of less than half it would be given up for the slate. */
const SHARE = 0.6;
const VIDEO_KBPS = 1_500;
const NEEDED_BYTES_PER_S = ((VIDEO_KBPS + 128) * 1_000) / 8;
/** As promised, from when viewers are 2 s behind; a reservoir may have to run dry first. */
const TOLD_WITHIN_MS = 45_000;

/** Alone in the programme it is played over and over. */
const ITEM = { color: 'red', seconds: 60, bitrateKbps: VIDEO_KBPS, cbr: true } as const;

const onAir = (daemon: Daemon): Promise<HealthBody> =>
  healthEventually(daemon, ({ playout }) => playout?.item === 'item.mp4', { what: 'the item', timeoutMs: 60_000 });

/** Waits for one of these reasons, and then for a while whether another comes. */
async function told(daemon: Daemon, reason: string): Promise<{ readonly afterMs: number; readonly others: string[] }> {
  const watch = new HealthWatch(daemon);
  await healthEventually(daemon, (report) => report.reason === reason, { what: reason, timeoutMs: 150_000 });
  await sleep(5_000);
  await watch.stop();
  const others = watch.said.map((said) => said.reason).filter((said) => PACE_REASONS.includes(said) && said !== reason);
  return { afterMs: watch.firstMs(reason) ?? Number.POSITIVE_INFINITY, others };
}

const PACE_REASONS = ['UplinkTooThin', 'EncodeTooSlow', 'StorageSlow'];

async function record(stage: Stage, fault: string, daemon: Daemon, reason: string): Promise<void> {
  const atMs = performance.now();
  const { afterMs, others } = await told(daemon, reason);
  const view = viewSince(stage.sink, atMs);
  recordFault({
    row: 'j',
    fault,
    promised: `degraded, ${reason} ≤ ${TOLD_WITHIN_MS / 1_000} s after its reservoir is dry, same session, nothing else is said to be the cause`,
    measured: `${reason} after ${seconds(afterMs)}`,
    ingest: describeView(view),
  });
  expect(others).toEqual([]);
  expect(view).toMatchObject({ sessions: 1, publishers: 1 });
}

onStageWithNewMedia.concurrent.for([
  { treatment: 'copied', fps: 30 },
  { treatment: 'encoded', fps: 25 },
])(
  'j: a store at 0.6 of what a $treatment item needs is said to be slow',
  { timeout: 300_000 },
  async ({ treatment, fps }, { stage }) => {
    await stage.upload('item.mp4', { ...ITEM, fps });
    stage.wish({ media: 'item.mp4', bitrate: `${VIDEO_KBPS}k` });
    const daemon = await stage.start();
    const { playout } = await onAir(daemon);
    expect(playout?.mode).toBe(treatment === 'copied' ? 'copy' : 'transcode');
    const bytesPerS = NEEDED_BYTES_PER_S * SHARE;
    stage.store.fault = ({ method }) => (method === 'GET' ? { kind: 'throttle', bytesPerS } : undefined);
    // What is under way is cut, and goes on at that rate.
    await stage.store.down();
    await stage.store.up();
    await record(stage, `storage at 0.6 of what a ${treatment} item needs`, daemon, 'StorageSlow');
  },
);
