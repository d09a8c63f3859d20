import { expect } from 'vitest';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type ColourName, packetTimes } from '../fixtures/picture.ts';
import type { SinkSession } from '../fixtures/rtmp-sink.ts';
import { runToolOk } from '../fixtures/run-tool.ts';
import { STAGE_SIZE } from '../fixtures/stage-media.ts';
import { mediaGaps } from '../fixtures/stream-analysis.ts';
import { inStudio } from './in-studio.ts';
import {
  colourArrives,
  currentSession,
  firstPicture,
  LOOK_EVERY_MS,
  programmeColours,
  recordingOf,
  type Studio,
  videoAdvances,
} from './studio.ts';
import { withRoom } from '../fixtures/room.ts';

async function onAir(studio: Studio, lines: Readonly<Record<string, string>>): Promise<Daemon> {
  studio.wish(lines);
  const daemon = await studio.start();
  await firstPicture(studio.sink);
  await healthEventually(daemon, ({ status }) => status === 'live', { what: 'live' });
  return daemon;
}

const live = (daemon: Daemon, item: string) =>
  healthEventually(daemon, ({ status, playout }) => status === 'live' && playout?.item === item, {
    what: `${item} to be on air`,
  });

// In `npm test` swaps.test.ts has it.
inStudio.concurrent(
  'another bitrate is encoded, in the same session, from the same place',
  { tags: 'long' },
  async ({ studio }) => {
    await studio.upload('pattern.mp4', { pattern: 'testsrc2', seconds: 30 });
    const daemon = await onAir(studio, { media: 'pattern.mp4' });
    expect((await daemon.health()).playout?.mode).toBe('copy');
    const session = currentSession(studio.sink);
    await videoAdvances(session, 6000);
    studio.wish({ media: 'pattern.mp4', bitrate: '300k' });
    const report = await healthEventually(
      daemon,
      ({ status, playout }) => status === 'live' && playout?.mode === 'transcode',
      { what: 'the encode' },
    );
    expect(report.playout?.positionMs).toBeGreaterThan(500);
    const from = session.messages.length;
    await eventually(
      () => {
        const recent = session.messages.slice(from + 120).filter(({ kind }) => kind === 'video');
        const spanS = ((recent.at(-1)?.timestampMs ?? 0) - (recent[0]?.timestampMs ?? 0)) / 1000;
        if (spanS < 4) throw new Error(`${spanS} s so far`);
        const kbps = recent.reduce((sum, { sizeBytes }) => sum + sizeBytes * 8, 0) / 1000 / spanS;
        expect(kbps).toBeLessThan(400);
      },
      { timeoutMs: 45_000, everyMs: 200, what: 'the lower rate at the ingest' },
    );
    expect(studio.sink.sessions).toHaveLength(1);
    expect(mediaGaps(session, 'video', 300)).toEqual([]);
  },
);

inStudio.concurrent(
  'five edits in quick succession end in the last one, in the same session',
  { timeout: 240_000 },
  async ({ studio }) => {
    const names = ['red', 'blue', 'lime', 'yellow', 'magenta', 'cyan'] as const satisfies readonly ColourName[];
    for (const color of names) await studio.upload(`${color}.mp4`, { color, seconds: 10 });
    const daemon = await onAir(studio, { media: 'red.mp4' });
    for (const color of names.slice(1)) {
      studio.wish({ media: `${color}.mp4` });
      // Long enough to be believed, too short to be carried out.
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    await live(daemon, 'cyan.mp4');
    await colourArrives(studio.sink, 'cyan');
    expect(studio.sink.sessions).toHaveLength(1);
    expect(mediaGaps(currentSession(studio.sink), 'video', 300)).toEqual([]);
    // One on air and at most one in line; nothing of the five is left over.
    await eventually(async () => {
      const { playout, next, uplink } = await daemon.health();
      const playouts = [playout?.pid, next?.pid].filter((pid) => pid !== undefined).length;
      // Each playout has its reservoir and its gate beside it.
      expect(daemon.runs().length).toBeLessThanOrEqual(playouts * 3 + (uplink === null ? 0 : 1));
    });
  },
);

inStudio.concurrent('another size opens a new session with that size, soon', async ({ studio }) => {
  await studio.upload('red.mp4', { color: 'red', seconds: 60 });
  const daemon = await onAir(studio, { media: 'red.mp4' });
  const first = currentSession(studio.sink);
  await videoAdvances(first, 3000);
  studio.wish({ media: 'red.mp4', resolution: '480x270' });
  const second = await firstPicture(studio.sink, 1);
  expect((await live(daemon, 'red.mp4')).playout?.positionMs).toBeGreaterThan(1000);
  expect(studio.sink.sessions).toHaveLength(2);
  expect(studio.sink.maxConcurrentPublishers).toBe(1);
  const offAirMs = (second.messages[0]?.arrivedAtMs ?? Infinity) - (first.messages.at(-1)?.arrivedAtMs ?? 0);
  expect(offAirMs).toBeLessThan(withRoom(3000));
  expect(await sizeOf(second)).toBe('480x270');
  expect(await sizeOf(first)).toBe(STAGE_SIZE);
});

// In `npm test` no-seam.test.ts goes over the end of a list, and any-media.test.ts plays one in order.
inStudio.concurrent(
  'a list plays in order, and over its end, without a reconnect and without holes',
  { tags: 'long' },
  async ({ studio }) => {
    await studio.upload('a.mp4', { color: 'red', seconds: 5, pattern: 'color' });
    await studio.upload('b.mp4', { color: 'lime', seconds: 4, bFrames: 0 });
    await studio.upload('c.mp4', { color: 'blue', seconds: 5, sineHz: 880 });
    await onAir(studio, { media: '[a.mp4, b.mp4, c.mp4]' });
    const session = currentSession(studio.sink);
    await eventually(
      async () => {
        const seen = await programmeColours(session);
        if (seen.length < 6) throw new Error(`so far ${seen.join(', ')}`);
      },
      { timeoutMs: 80_000, everyMs: LOOK_EVERY_MS, what: 'two rounds' },
    );
    expect((await programmeColours(session)).slice(0, 6)).toEqual(['red', 'lime', 'blue', 'red', 'lime', 'blue']);
    expect(studio.sink.sessions).toHaveLength(1);
    // What a viewer sees: presentation times, as clips with and without B-frames differ in their decoding times.
    const shown = (await packetTimes(recordingOf(session), 'v')).map(({ ptsS }) => ptsS).toSorted((a, b) => a - b);
    const steps = shown.map((ptsS, i) => ptsS - (shown[i - 1] ?? ptsS));
    expect(Math.max(...steps)).toBeLessThan(0.1 + 1 / 30);
    expect(mediaGaps(session, 'audio', 150)).toEqual([]);
  },
);

// In `npm test` prefix.test.ts and untrusted-media.test.ts do.
inStudio.concurrent('a prefix plays in natural order', { tags: 'long' }, async ({ studio }) => {
  await studio.upload('shows/10.mp4', { color: 'blue', seconds: 5 });
  await studio.upload('shows/2.mp4', { color: 'lime', seconds: 4 });
  await studio.upload('shows/1.mp4', { color: 'red', seconds: 5 });
  await studio.upload('other.mp4', { color: 'yellow', seconds: 5 });
  await onAir(studio, { media: 'shows/' });
  await colourArrives(studio.sink, 'blue');
  expect(await programmeColours(currentSession(studio.sink))).toEqual(['red', 'lime', 'blue']);
  expect(studio.sink.sessions).toHaveLength(1);
});

async function sizeOf(session: SinkSession): Promise<string> {
  const show = ['-select_streams', 'v:0', '-show_entries', 'stream=width,height', '-of', 'csv=p=0:s=x'];
  const { stdout } = await runToolOk('ffprobe', ['-v', 'error', ...show, recordingOf(session)]);
  return stdout.toString().trim();
}
