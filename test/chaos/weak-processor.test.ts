import { expect } from 'vitest';
import { healthEventually } from '../fixtures/daemon.ts';
import { makeSlowEncoder } from '../fixtures/slow-encoder.ts';
import { recordFault } from './fault-table.ts';
import { HealthWatch } from './health-watch.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { onStage } from './on-stage.ts';

/** As promised, from when viewers are 2 s behind. */
const TOLD_WITHIN_MS = 45_000;

onStage.concurrent(
  'f: a processor that encodes 0.6 of the clock is said to be too slow, with the pace and what to do, not the store',
  { timeout: 180_000 },
  async ({ stage }) => {
    await stage.upload('item.mp4', { color: 'red', seconds: 60, fps: 25, bitrateKbps: 1_500, cbr: true });
    stage.wish({ media: 'item.mp4' });
    const daemon = await stage.start({ FFMPEG_PATH: makeSlowEncoder(stage.dir, 0.6) });
    const watch = new HealthWatch(daemon);
    await healthEventually(daemon, ({ status }) => status === 'live', { what: 'live', timeoutMs: 60_000 });
    const atMs = performance.now();
    const told = await healthEventually(daemon, ({ reason }) => reason === 'EncodeTooSlow', {
      what: 'EncodeTooSlow',
      timeoutMs: 2 * TOLD_WITHIN_MS,
    });
    const afterMs = performance.now() - atMs;
    await watch.stop();
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'f',
      fault: 'a processor that encodes 0.6 of the clock',
      promised: `degraded, EncodeTooSlow ≤ ${TOLD_WITHIN_MS / 1_000} s, uplink.pace in /health, same session, nothing else is said to be the cause`,
      measured: `EncodeTooSlow after ${seconds(afterMs)}, uplink.pace ${told.uplink?.pace}`,
      ingest: describeView(view),
    });
    expect(told).toMatchObject({ status: 'degraded', playout: { item: 'item.mp4', mode: 'transcode' } });
    expect(told.uplink?.pace).toBeLessThan(0.9);
    expect(told.message).toMatch(/s of programme a second.*media prepare item\.mp4/);
    expect(watch.said.map(({ reason }) => reason)).not.toContain('StorageSlow');
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
  },
);
