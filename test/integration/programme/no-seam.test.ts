import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { onStage } from '../../chaos/on-stage.ts';
import { currentSession, goOnAir, itemOnAir, liveOn, type Stage, videoAdvances } from '../../chaos/stage.ts';
import { type ClapperRecipe, makeClapper } from '../../fixtures/clapper.ts';
import { healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeFile } from '../../fixtures/media-maker.ts';
import { colourTimeline, decodeErrors } from '../../fixtures/picture.ts';
import { claps, type Step, stepsOf } from '../../fixtures/recording.ts';
import { mediaGaps } from '../../fixtures/stream-analysis.ts';
import { recordMedia } from './media-table.ts';
import { summary } from '../studio.ts';

/** A frame of picture and, between items, at most one more. */
const LONGEST_PICTURE_STEP_S = 2 / 30 + 0.002;
/** A frame of sound, and at a join of unlike items at most 50 ms more. */
const LONGEST_SOUND_STEP_S = 1024 / 44_100 + 0.05;

/** At the very beginning nothing is known of a second item of a second's length yet, and the slate may stand in for it. */
const START_S = 8;

interface Seams {
  readonly claps: number;
  readonly pictureS: number;
  readonly soundS: number;
  /** Of the last ten claps, the one that is furthest off. */
  readonly lagS: number;
}

/** What the ingest recorded so far, which must be one session without a fault in time or data. */
async function judgeSeams(stage: Stage): Promise<Seams> {
  const session = currentSession(stage.sink);
  // As it is now: the ingest, which is in this process, goes on writing.
  const file = join(stage.dir, 'so-far.flv');
  copyFileSync(session.file ?? '', file);
  expect(stage.sink.sessions).toHaveLength(1);
  expect(await decodeErrors(file)).toEqual([]);
  for (const kind of ['video', 'audio'] as const) expect(mediaGaps(session, kind, Infinity)).toEqual([]);
  const settled = async (stream: 'v' | 'a'): Promise<Step[]> =>
    (await stepsOf(file, stream)).filter(({ atS }) => atS > START_S);
  const [clapped, video, audio] = [await claps(file), await settled('v'), await settled('a')];
  const seams = {
    claps: clapped.length,
    pictureS: Math.max(...video.map(({ stepS }) => stepS)),
    soundS: Math.max(...audio.map(({ stepS }) => stepS)),
    lagS: Math.max(...clapped.slice(-10).map(({ soundLagS }) => Math.abs(soundLagS))),
  };
  const tooLong = {
    video: video.filter(({ stepS }) => stepS > LONGEST_PICTURE_STEP_S),
    audio: audio.filter(({ stepS }) => stepS > LONGEST_SOUND_STEP_S),
  };
  expect(tooLong).toEqual({ video: [], audio: [] });
  return seams;
}

const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(0)} ms`;

async function record(order: number, programme: string, joins: string, seams: Seams): Promise<void> {
  const { pictureS, soundS, lagS } = seams;
  const picture = `${milliseconds(pictureS)} (two frames, 67 ms)`;
  const lag = Number.isFinite(lagS) ? `${milliseconds(lagS)} (20 ms)` : '';
  await recordMedia([
    { section: 'joins', order, cells: [programme, joins, picture, `${milliseconds(soundS)} (73 ms)`, lag] },
  ]);
}

async function clapper(stage: Stage, key: string, recipe: ClapperRecipe): Promise<string> {
  stage.store.putFile('media', key, await makeClapper(recipe));
  return key;
}

const JOINS = 200;

onStage.concurrent(
  'two hundred joins of like and unlike items leave no seam, and sound with the picture',
  { timeout: 420_000 },
  async ({ stage }) => {
    const keys = [
      await clapper(stage, 'house 1.mp4', { seconds: 1 }),
      await clapper(stage, 'house 2.mp4', { seconds: 1 }),
      await clapper(stage, 'without B-frames.mp4', { seconds: 1, bFrames: 0 }),
      await clapper(stage, 'house 3.mp4', { seconds: 1.1 }),
      await clapper(stage, 'film.mp4', { seconds: 1, fps: 25, sampleRateHz: 48_000 }),
    ];
    stage.wish({ media: JSON.stringify(keys) });
    await goOnAir(stage);
    await videoAdvances(stage.sink, (JOINS + 12) * 1020, 60_000);
    const seams = await judgeSeams(stage);
    await record(
      1,
      'Items of 1 s: three like ones copied, one without B-frames copied, one of 25 frames and 48 kHz encoded',
      `${seams.claps - 1}`,
      seams,
    );
    expect(seams.claps).toBeGreaterThan(JOINS);
    expect(seams.lagS).toBeLessThan(0.02);
  },
);

onStage.concurrent('a single item of one second is looped without a seam', { timeout: 300_000 }, async ({ stage }) => {
  stage.wish({ media: await clapper(stage, 'loop.mp4', { seconds: 1 }) });
  await goOnAir(stage);
  await videoAdvances(stage.sink, 40_000);
  const seams = await judgeSeams(stage);
  await record(2, 'One item of 1 s, looped', `${seams.claps - 1}`, seams);
  expect(seams.claps).toBeGreaterThan(35);
  expect(seams.lagS).toBeLessThan(0.02);
});

onStage.concurrent(
  'a single item of mere sound is played over and over, its picture without a break',
  { timeout: 300_000 },
  async ({ stage }) => {
    await stage.upload('song.mp3', { pattern: 'none', container: 'mp3', audioCodec: 'mp3', seconds: 8 });
    await stage.upload('visual.png', { color: 'magenta', container: 'png' });
    stage.wish({ media: 'song.mp3', visual: 'visual.png' });
    const { daemon } = await goOnAir(stage);
    await videoAdvances(stage.sink, 30_000);
    const report = await liveOn(daemon);
    expect(report).toMatchObject({ reason: 'OnAir', restarts: { count: 0 }, upcoming: { item: 'song.mp3' } });
    const seams = await judgeSeams(stage);
    expect(seams.claps).toBe(0);
    expect(new Set((await colourTimeline(currentSession(stage.sink).file ?? '')).slice(-40))).toEqual(
      new Set(['magenta']),
    );
  },
);

onStage.concurrent(
  'the next item takes over with the daemon dead, and the next daemon goes on behind it',
  { timeout: 300_000 },
  async ({ stage }) => {
    await stage.upload('red.mp4', { color: 'red', seconds: 12 });
    await stage.upload('lime.mp4', { color: 'lime', seconds: 12, bFrames: 0 });
    await stage.upload('blue.mp4', { color: 'blue', seconds: 12, fps: 25 });
    stage.wish({ media: '[red.mp4, lime.mp4, blue.mp4]' });
    const { daemon } = await goOnAir(stage);
    await healthEventually(daemon, ({ playout, next }) => playout?.item === 'red.mp4' && next?.item === 'lime.mp4', {
      what: 'the next item in line',
    });
    daemon.kill('SIGKILL');
    await daemon.exited;
    const seen = async (): Promise<string[]> => summary(await colourTimeline(currentSession(stage.sink).file ?? ''));
    await eventually(async () => expect(await seen()).toEqual(['red', 'lime']), { timeoutMs: 60_000, everyMs: 500 });
    const next = await stage.start();
    await itemOnAir(next, 'blue.mp4', 0, 40_000);
    await eventually(async () => expect(await seen()).toEqual(['red', 'lime', 'blue']), {
      timeoutMs: 60_000,
      everyMs: 500,
    });
    await record(3, 'The daemon killed (SIGKILL) before a join, another started after it', '2', {
      ...(await judgeSeams(stage)),
      lagS: Number.NaN,
    });
  },
);

onStage.concurrent(
  'a connection that stands in line for a minute is made anew',
  { timeout: 300_000 },
  async ({ stage }) => {
    // Its length is told by nothing, so the next item stands in line from its beginning.
    const long = await makeFile({
      name: 'long',
      container: 'aac',
      args: ['-f', 'lavfi', '-t', '80', '-i', 'sine', '-c:a', 'aac', '-ac', '2'],
    });
    stage.store.putFile('media', 'long.aac', long);
    await stage.upload('red.mp4', { color: 'red', seconds: 30 });
    stage.wish({ media: '[long.aac, red.mp4]' });
    const { daemon } = await goOnAir(stage);
    const inLine = await healthEventually(daemon, ({ next }) => next?.item === 'red.mp4', {
      what: 'the next item in line',
    });
    await healthEventually(
      daemon,
      ({ playout, next }) => playout?.item === 'long.aac' && next?.item === 'red.mp4' && next.pid !== inLine.next?.pid,
      { what: 'another connection for the same item', timeoutMs: 90_000 },
    );
    await itemOnAir(daemon, 'red.mp4', 0, 60_000);
    await videoAdvances(stage.sink, 2000);
    expect(stage.sink.sessions).toHaveLength(1);
  },
);
