import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { coloursSeen, seconds, viewSince } from '../../chaos/ingest-view.ts';
import { onStage } from '../../chaos/on-stage.ts';
import { currentSession, goOnAir, itemOnAir, newSession, type Stage, videoAdvances } from '../../chaos/stage.ts';
import { type Daemon, healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import type { ColourName } from '../../fixtures/picture.ts';
import { looks } from '../../fixtures/recording.ts';
import { withRoom } from '../../fixtures/room.ts';
import { framesOf, mediaGaps } from '../../fixtures/stream-analysis.ts';
import { recordMedia } from './media-table.ts';

const SWAPPED_MS = withRoom(3_000);
const LONGEST_GAP_MS = 300;

/** The first second and a half: 120 messages, of which three in seven are video. */
const RATE_AFTER_FRAMES = 45;

type Lines = Readonly<Record<string, string>>;

/** Saves the file; answers with the time it was on disk. */
function save(stage: Stage, lines: Lines): number {
  stage.wish(lines);
  return performance.now();
}

const hashOf = (stage: Stage): string =>
  createHash('sha256').update(readFileSync(stage.desiredPath)).digest('hex').slice(0, 12);

/** Waits until all that the file says is on air. */
const applied = (stage: Stage, daemon: Daemon): Promise<unknown> =>
  healthEventually(daemon, ({ status, applied: { hash } }) => status === 'live' && hash === hashOf(stage), {
    what: 'the file to be applied',
    timeoutMs: 60_000,
  });

/** When the first picture of this colour arrived at the ingest, after a time. */
async function colourArrivedMs(stage: Stage, colour: ColourName, sinceMs: number): Promise<number> {
  const session = currentSession(stage.sink);
  const seen = (await looks(session.file ?? '', 30)).find(({ middle }) => middle === colour);
  if (seen === undefined) throw new Error(`no ${colour} so far`);
  const frame = framesOf(session, 'video').find(({ timestampMs }) => timestampMs >= seen.atS * 1000 - 100);
  if (frame === undefined || frame.arrivedAtMs < sinceMs) throw new Error(`${colour} came before it was wished`);
  return frame.arrivedAtMs;
}

/** When other parameter sets arrived at the ingest, after a time: the sign of another encode. */
function encodeArrivedMs(stage: Stage, sinceMs: number): number {
  const { messages } = currentSession(stage.sink);
  const header = messages.find(
    ({ kind, sequenceHeader, arrivedAtMs }) => kind === 'video' && sequenceHeader && arrivedAtMs > sinceMs,
  );
  if (header === undefined) throw new Error('the same parameter sets as before');
  return header.arrivedAtMs;
}

/** How much video the encode that arrived then has brought, kbit/s; of its beginning, which may be larger, only the rest counts. */
function rateSince(stage: Stage, arrivedMs: number): number {
  const since = framesOf(currentSession(stage.sink), 'video').filter(({ arrivedAtMs }) => arrivedAtMs > arrivedMs);
  const settled = since.slice(RATE_AFTER_FRAMES);
  const spanS = ((settled.at(-1)?.timestampMs ?? 0) - (settled[0]?.timestampMs ?? 0)) / 1000;
  if (spanS < 4) throw new Error(`${spanS} s so far`);
  return settled.reduce((sum, { sizeBytes }) => sum + sizeBytes * 8, 0) / 1000 / spanS;
}

async function startPattern(stage: Stage): Promise<Daemon> {
  await stage.upload('pattern.mp4', { pattern: 'testsrc2', seconds: 40 });
  stage.wish({ media: 'pattern.mp4' });
  const { daemon } = await goOnAir(stage);
  await applied(stage, daemon);
  await videoAdvances(stage.sink, 3000);
  return daemon;
}

async function judgeSwap(stage: Stage, order: number, edit: string, savedMs: number, arrivedMs: number): Promise<void> {
  const view = viewSince(stage.sink, savedMs);
  await recordMedia([
    {
      section: 'swaps',
      order,
      cells: [edit, `${seconds(arrivedMs - savedMs)} (3 s)`, 'the same', `${seconds(view.holeMs)} (0.3 s)`],
    },
  ]);
  expect(arrivedMs - savedMs).toBeLessThan(SWAPPED_MS);
  expect(stage.sink.sessions).toHaveLength(1);
  for (const kind of ['video', 'audio'] as const)
    expect(mediaGaps(currentSession(stage.sink), kind, LONGEST_GAP_MS)).toEqual([]);
}

onStage.concurrent('another media is at the ingest soon after the save', { timeout: 300_000 }, async ({ stage }) => {
  await stage.upload('red.mp4', { color: 'red', seconds: 60 });
  stage.wish({ media: 'red.mp4' });
  const { daemon } = await goOnAir(stage);
  await applied(stage, daemon);
  await videoAdvances(stage.sink, 3000);
  await stage.upload('blue.mp4', { color: 'blue', seconds: 60, sineHz: 880 });
  const savedMs = save(stage, { media: 'blue.mp4' });
  await applied(stage, daemon);
  const arrivedMs = await eventually(() => colourArrivedMs(stage, 'blue', savedMs), {
    timeoutMs: 45_000,
    everyMs: 1_000,
  });
  await judgeSwap(stage, 1, '`media`', savedMs, arrivedMs);
  expect(await coloursSeen(stage.sink, 'red')).toEqual(['red', 'blue']);
});

for (const { order, edit, lines, mostKbps, tags } of [
  {
    order: 2,
    edit: '`bitrate`, to less than the item has',
    lines: { media: 'pattern.mp4', bitrate: '300k' },
    mostKbps: 400,
    tags: [],
  },
  // As the one before: an encode follows a copy.
  {
    order: 3,
    edit: '`encode: transcode`',
    lines: { media: 'pattern.mp4', encode: 'transcode' },
    mostKbps: 900,
    tags: ['long'],
  },
]) {
  onStage.concurrent(
    `another encode is at the ingest soon after the save: ${order} ${edit}`,
    { timeout: 300_000, tags },
    async ({ stage }) => {
      const daemon = await startPattern(stage);
      expect((await daemon.health()).playout?.mode).toBe('copy');
      const savedMs = save(stage, lines);
      const report = await healthEventually(daemon, ({ playout }) => playout?.mode === 'transcode', {
        what: 'the encode',
      });
      expect(report.playout?.positionMs).toBeGreaterThan(1000);
      await applied(stage, daemon);
      const arrivedMs = await eventually(() => encodeArrivedMs(stage, savedMs), { timeoutMs: 45_000, everyMs: 100 });
      await eventually(() => expect(rateSince(stage, arrivedMs)).toBeLessThan(mostKbps), { timeoutMs: 45_000 });
      await judgeSwap(stage, order, edit, savedMs, arrivedMs);
    },
  );
}

for (const { order, edit, lines } of [
  { order: 4, edit: '`resolution`', lines: { media: 'pattern.mp4', resolution: '480x270' } },
  { order: 5, edit: '`fps`', lines: { media: 'pattern.mp4', fps: '25' } },
]) {
  // In `npm test` swap.test.ts has another size.
  onStage.concurrent(
    `another size or rate opens a session of its own soon: ${order} ${edit}`,
    { timeout: 300_000, tags: 'long' },
    async ({ stage }) => {
      const daemon = await startPattern(stage);
      const first = currentSession(stage.sink);
      const savedMs = save(stage, lines);
      const second = await newSession(stage.sink, 1);
      await applied(stage, daemon);
      const picture = framesOf(second, 'video').find(({ keyframe }) => keyframe);
      const pictureMs = picture?.arrivedAtMs ?? Infinity;
      const offAirMs = pictureMs - (first.messages.at(-1)?.arrivedAtMs ?? 0);
      await recordMedia([
        {
          section: 'swaps',
          order,
          cells: [edit, seconds(pictureMs - savedMs), 'a new one', `${seconds(offAirMs)} off air (3 s)`],
        },
      ]);
      expect(offAirMs).toBeLessThan(SWAPPED_MS);
      expect(stage.sink.sessions).toHaveLength(2);
      expect(stage.sink.maxConcurrentPublishers).toBe(1);
      expect((await daemon.health()).playout?.positionMs).toBeGreaterThan(1000);
    },
  );
}

const EDITS = 20;
const EVERY_MS = 2_500;

onStage.concurrent(
  'twenty edits in a minute end in the last one',
  { timeout: 300_000, tags: 'long' },
  async ({ stage }) => {
    const names = ['red', 'blue', 'lime', 'yellow'] as const satisfies readonly ColourName[];
    for (const color of names) await stage.upload(`${color}.mp4`, { color, seconds: 60 });
    stage.wish({ media: 'red.mp4' });
    const { daemon } = await goOnAir(stage);
    const sinceMs = performance.now();
    for (let edit = 1; edit <= EDITS; edit++) {
      const media = `${names[edit % names.length]}.mp4`;
      // Some of them change the encode as well.
      stage.wish({ media, ...(edit % 5 === 0 ? { encode: 'transcode' } : {}) });
      await eventually(
        () => {
          if (performance.now() < sinceMs + edit * EVERY_MS) throw new Error('not yet');
        },
        { timeoutMs: EVERY_MS * 2 },
      );
    }
    const last = `${names[EDITS % names.length]}.mp4`;
    await itemOnAir(daemon, last);
    await applied(stage, daemon);
    await videoAdvances(stage.sink, 3000);
    const view = viewSince(stage.sink, sinceMs);
    const seen = await looks(currentSession(stage.sink).file ?? '');
    await recordMedia([
      {
        section: 'swaps',
        order: 6,
        cells: [
          'twenty within 50 s, some of them of `encode` too',
          'ends in the last',
          'the same',
          `${seconds(view.holeMs)} (0.3 s)`,
        ],
      },
    ]);
    expect(seen.at(-1)?.middle).toBe('red');
    expect(stage.sink.sessions).toHaveLength(1);
    for (const kind of ['video', 'audio'] as const)
      expect(mediaGaps(currentSession(stage.sink), kind, LONGEST_GAP_MS)).toEqual([]);
  },
);

onStage.concurrent(
  'an edit that does not concern the item on air leaves it alone',
  { timeout: 300_000 },
  async ({ stage }) => {
    for (const color of ['red', 'blue', 'lime']) await stage.upload(`${color}.mp4`, { color, seconds: 60 });
    stage.wish({ media: '[red.mp4, blue.mp4]' });
    const { daemon, playoutPid, uplinkPid } = await goOnAir(stage);
    const edits: readonly Lines[] = [
      { media: '[red.mp4, blue.mp4, lime.mp4]' },
      { media: '[lime.mp4, red.mp4]' },
      { media: 'red.mp4' },
      { media: '[blue.mp4, red.mp4, red.mp4]', order: 'shuffled' },
      // A copied item does not depend on it.
      { media: '[blue.mp4, red.mp4]', bitrate: '900k' },
      { media: '[blue.mp4, red.mp4]', visual: 'lime.mp4' },
    ];
    for (const lines of edits) {
      stage.wish(lines);
      await applied(stage, daemon);
      const { playout, uplink } = await daemon.health();
      expect([lines, playout?.pid, uplink?.pid]).toEqual([lines, playoutPid, uplinkPid]);
    }
    expect(mediaGaps(currentSession(stage.sink), 'video', 50)).toEqual([]);
  },
);
