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
  'f: a processor that encodes 0.6 of the clock is said to be too slow, with the pace and what to do',
  { timeout: 300_000 },
  async ({ stage }) => {
    await stage.upload('item.mp4', { color: 'red', seconds: 60, fps: 25, bitrateKbps: 1_500, cbr: true });
    stage.wish({ media: 'item.mp4' });
    const daemon = await stage.start({ FFMPEG_PATH: makeSlowEncoder(stage.dir, 0.6) });
    await healthEventually(daemon, ({ playout }) => playout?.item === 'item.mp4', { what: 'it', timeoutMs: 120_000 });
    const atMs = performance.now();
    const told = await healthEventually(daemon, ({ reason }) => reason === 'EncodeTooSlow', {
      what: 'EncodeTooSlow',
      timeoutMs: 2 * TOLD_WITHIN_MS,
    });
    const afterMs = performance.now() - atMs;
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'f',
      fault: 'a processor that encodes 0.6 of the clock',
      promised: `degraded, EncodeTooSlow ≤ ${TOLD_WITHIN_MS / 1_000} s, uplink.pace in /health, same session`,
      measured: `EncodeTooSlow after ${seconds(afterMs)}, uplink.pace ${told.uplink?.pace}`,
      ingest: describeView(view),
    });
    expect(told).toMatchObject({ status: 'degraded', playout: { item: 'item.mp4', mode: 'transcode' } });
    expect(told.uplink?.pace).toBeLessThan(0.9);
    expect(told.message).toMatch(/s of programme a second.*media prepare item\.mp4/);
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
  },
);

onStage.concurrent(
  'f: an item that this machine encodes at 0.3 of the clock is passed over, and said to be too slow, not broken',
  { timeout: 300_000 },
  async ({ stage }) => {
    await stage.upload('heavy.mp4', { color: 'red', seconds: 60, fps: 25, bitrateKbps: 1_500, cbr: true });
    await stage.upload('light.mp4', { color: 'blue', seconds: 60 });
    stage.wish({ media: '[heavy.mp4, light.mp4]' });
    const daemon = await stage.start({ FFMPEG_PATH: makeSlowEncoder(stage.dir, 0.3) });
    const watch = new HealthWatch(daemon);
    // Where the slate was quicker it is in line, never ready, and passed over all the same.
    await healthEventually(daemon, ({ uplink }) => uplink !== null, { what: 'an uplink', timeoutMs: 120_000 });
    const atMs = performance.now();
    const told = await healthEventually(
      daemon,
      ({ reason, playout }) => reason === 'EncodeTooSlow' && playout?.item === 'light.mp4',
      { what: 'the next item, and why', timeoutMs: 120_000 },
    );
    const afterMs = performance.now() - atMs;
    await watch.stop();
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'f',
      fault: 'an item that this machine encodes at 0.3 of the clock',
      promised: 'passed over once that has been so for 15 s; degraded, EncodeTooSlow with its pace; same session',
      measured: `the next item after ${seconds(afterMs)}`,
      ingest: describeView(view),
    });
    expect(told.message).toMatch(/"heavy\.mp4" too slowly, 0\.\d\d s of programme a second.*media prepare heavy\.mp4/);
    const said = watch.said.map(({ reason }) => reason);
    for (const wrong of ['MediaUndecodable', 'MediaEndsEarly']) expect(said).not.toContain(wrong);
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
  },
);
