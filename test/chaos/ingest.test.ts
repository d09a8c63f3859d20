import { expect } from 'vitest';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { onStage } from './on-stage.ts';
import { goOnAir, healthyRun, liveOn, newSession, videoAdvances, wishRed } from './stage.ts';
import { UnackedWatch } from './unacked-watch.ts';
import { healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type NginxRtmp, startNginxRtmp } from '../fixtures/nginx-rtmp.ts';
import type { RtmpSink } from '../fixtures/rtmp-sink.ts';
import { withRoom } from '../fixtures/room.ts';

for (const { fault, strike, tags } of [
  { fault: 'ingest resets the connection', strike: (sink: RtmpSink): void => void (sink.mode = 'reset'), tags: [] },
  { fault: 'ingest closes the connection', strike: (sink: RtmpSink): void => sink.dropAll(), tags: ['long'] },
]) {
  onStage.concurrent(`g: ${fault}`, { timeout: 300_000, tags }, async ({ stage }) => {
    await wishRed(stage);
    const { daemon } = await goOnAir(stage);
    await healthyRun(stage.sink);
    const atMs = performance.now();
    strike(stage.sink);
    await stage.sink.setMode('accept');
    await newSession(stage.sink, 1);
    await liveOn(daemon);
    await videoAdvances(stage.sink, 2000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'g',
      fault,
      promised: 'back ≤ 2 s',
      measured: `session after ${seconds(view.reopenedMs ?? Infinity)}, picture after ${seconds(view.pictureMs ?? Infinity)}`,
      ingest: describeView(view),
    });
    expect(view).toMatchObject({ sessions: 2, publishers: 1 });
    expect(view.pictureMs).toBeLessThan(withRoom(2000));
  });
}

onStage.concurrent(
  'g: an ingest that refused connections is used again as soon as it accepts',
  { timeout: 300_000 },
  async ({ stage }) => {
    await wishRed(stage);
    const { daemon } = await goOnAir(stage);
    await healthyRun(stage.sink);
    await stage.sink.setMode('refuse');
    stage.sink.dropAll();
    await healthEventually(daemon, ({ status, reason }) => status === 'down' && reason === 'IngestUnreachable', {
      what: 'the ingest to be found unreachable',
    });
    const atMs = performance.now();
    await stage.sink.setMode('accept');
    await newSession(stage.sink, 1);
    await liveOn(daemon);
    await videoAdvances(stage.sink, 2000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'g',
      fault: 'ingest refuses connections for a while (retry delay 30 s)',
      promised: 'back ≤ 2 s after it accepts',
      measured: `down, IngestUnreachable; session ${seconds(view.reopenedMs ?? Infinity)} and picture ${seconds(view.pictureMs ?? Infinity)} after it accepts`,
      ingest: describeView({ ...view, offAirMs: 0 }),
    });
    expect(view.publishers).toBe(1);
    expect(view.pictureMs).toBeLessThan(withRoom(2000));
  },
);

onStage.concurrent(
  'g: an ingest that rejected the key is tried after each wait',
  { timeout: 300_000 },
  async ({ stage }) => {
    await wishRed(stage);
    const { daemon } = await goOnAir(stage, { WORKER_RETRY_DELAY: '1', WORKER_MAX_RETRIES: '0' });
    await healthyRun(stage.sink);
    await stage.sink.setMode('rejectPublish');
    stage.sink.dropAll();
    await eventually(() => expect(stage.sink.rejectedCount).toBeGreaterThanOrEqual(2), {
      timeoutMs: 45_000,
      what: 'two rejected attempts',
    });
    const { status, reason } = await daemon.health();
    const atMs = performance.now();
    await stage.sink.setMode('accept');
    await newSession(stage.sink, 1);
    await liveOn(daemon);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'g',
      fault: 'ingest rejects the publish for a while (retry delay 1 s)',
      promised: 'back with the next attempt: waits of 1, 2, 4 × the delay',
      measured: `${status}, ${reason}; picture ${seconds(view.pictureMs ?? Infinity)} after it grants`,
      ingest: describeView({ ...view, offAirMs: 0 }),
    });
    expect(view.publishers).toBe(1);
    expect(view.pictureMs).toBeLessThan(withRoom(4000));
  },
);

onStage.concurrent(
  'h: an ingest that hangs is seen by unacknowledged bytes, and left',
  { timeout: 300_000 },
  async ({ stage }) => {
    // The kernel of a hung server takes a window's worth all the same: at a low rate that lasts.
    await stage.upload('moving.mp4', { pattern: 'testsrc2', seconds: 60, bitrateKbps: 2500, cbr: true });
    stage.wish({ media: 'moving.mp4', bitrate: '3000k' });
    const { daemon } = await goOnAir(stage);
    await healthyRun(stage.sink);
    const watch = new UnackedWatch(daemon);
    const connections = stage.sink.connectionCount;
    const atMs = performance.now();
    await stage.sink.setMode('stopReading');
    await eventually(() => expect(stage.sink.connectionCount).toBeGreaterThan(connections), {
      timeoutMs: 60_000,
      what: 'another attempt',
    });
    const replacedMs = performance.now() - atMs;
    const { toldMs, mostMs } = await watch.stop();
    await stage.sink.setMode('accept');
    await newSession(stage.sink, 1, 40_000);
    await liveOn(daemon);
    await videoAdvances(stage.sink, 2000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'h',
      fault: 'ingest hangs: accepts and never reads (2.5 Mbit/s)',
      promised: 'seen ≤ 6 s, replaced ≤ 8 s, unackedMs in /health meanwhile',
      measured: `UplinkLagging after ${seconds(toldMs ?? Infinity)}, unackedMs up to ${mostMs}; new connection after ${seconds(replacedMs)}`,
      ingest: describeView(view),
    });
    expect(view).toMatchObject({ sessions: 2, publishers: 1 });
    expect(toldMs).toBeLessThan(withRoom(6000));
    expect(mostMs).toBeGreaterThan(2000);
    // Left to itself, FFmpeg gives such a connection up after 21 s at the earliest.
    expect(replacedMs).toBeLessThan(20_000);
  },
);

onStage(
  'g: an nginx-rtmp that restarts has the stream again',
  { timeout: 300_000, tags: 'long' },
  async ({ stage }) => {
    await wishRed(stage);
    const nginx = await startNginxRtmp({ dir: stage.dir });
    stage.defer(() => nginx.stop());
    const daemon = await stage.start({ YOUTUBE_RTMP_URL: nginx.url });
    await publishing(nginx);
    await liveOn(daemon);
    await eventually(
      async () => {
        const { streams } = await nginx.stat();
        expect(streams[0]?.timeMs ?? 0).toBeGreaterThan(12_500);
      },
      { timeoutMs: 60_000, what: 'a healthy run' },
    );
    await nginx.killNow();
    await healthEventually(daemon, ({ status }) => status === 'down', { what: 'down' });
    await nginx.restart();
    const atMs = performance.now();
    await publishing(nginx);
    const backMs = performance.now() - atMs;
    await liveOn(daemon);
    const { publishers } = await nginx.stat();
    recordFault({
      row: 'g',
      fault: 'nginx-rtmp killed and started again',
      promised: 'back ≤ 2 s after it can be',
      measured: `picture ${seconds(backMs)} after it listens again`,
      ingest: `${publishers} publisher, the size known from the stream`,
    });
    expect(publishers).toBe(1);
    expect(backMs).toBeLessThan(withRoom(2000));
  },
);

const publishing = (nginx: NginxRtmp): Promise<void> =>
  eventually(
    async () => {
      const { streams } = await nginx.stat();
      const shown = streams.some(({ publishing: on, bytesIn, width }) => on && bytesIn > 20_000 && width > 0);
      if (!shown) throw new Error(`the ingest has ${JSON.stringify(streams)}`);
    },
    { timeoutMs: 60_000, everyMs: 50, what: 'a picture at nginx' },
  );
