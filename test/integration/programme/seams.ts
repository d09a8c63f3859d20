import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { currentSession, goOnAir, videoAdvances, type Stage } from '../../chaos/stage.ts';
import { makeClapper, type ClapperRecipe } from '../../fixtures/clapper.ts';
import { decodeErrors } from '../../fixtures/picture.ts';
import { claps, pictureAverages, stepsOf, type Step } from '../../fixtures/recording.ts';
import { mediaGaps } from '../../fixtures/stream-analysis.ts';
import { recordMedia } from './media-table.ts';

/** A frame of picture and, between items, at most one more. */
const LONGEST_PICTURE_STEP_S = 2 / 30 + 0.002;
/** A frame of sound, and at a join of unlike items at most 50 ms more. */
const LONGEST_SOUND_STEP_S = 1024 / 44_100 + 0.05;

/** At the very beginning nothing is known of a second item of a second's length yet, and the slate may stand in for it. */
const START_S = 8;

/** Of a flash so shortly before the end of what is recorded so far, the beep may still be on its way to the ingest. */
const BEEP_MAY_COME_WITHIN_S = 0.3;

/** What was measured at the joins of items. */
export interface Seams {
  readonly claps: number;
  readonly pictureS: number;
  readonly soundS: number;
  /** Of the last ten claps whose beep has come, the one that is furthest off. */
  readonly lagS: number;
}

/** What the ingest recorded so far, which must be one session without a fault in time or data. */
export async function judgeSeams(stage: Stage): Promise<Seams> {
  const session = currentSession(stage.sink);
  // As it is now: the ingest, which is in this process, goes on writing.
  const file = join(stage.dir, 'so-far.flv');
  copyFileSync(session.file ?? '', file);
  expect(stage.sink.sessions).toHaveLength(1);
  // As texts: of a list that is not empty the last lines of a test run tell only its length.
  expect((await decodeErrors(file)).join('; ')).toBe('');
  for (const kind of ['video', 'audio'] as const) expect(JSON.stringify(mediaGaps(session, kind, Infinity))).toBe('[]');
  const settled = async (stream: 'v' | 'a'): Promise<Step[]> =>
    (await stepsOf(file, stream)).filter(({ atS }) => atS > START_S);
  const pictures = await pictureAverages(file);
  const endS = pictures.at(-1)?.atS ?? 0;
  const [clapped, video, audio] = [await claps(file, pictures), await settled('v'), await settled('a')];
  const whole = clapped.filter(({ seenS }) => seenS < endS - BEEP_MAY_COME_WITHIN_S);
  const seams = {
    claps: clapped.length,
    pictureS: Math.max(...video.map(({ stepS }) => stepS)),
    soundS: Math.max(...audio.map(({ stepS }) => stepS)),
    lagS: Math.max(...whole.slice(-10).map(({ soundLagS }) => Math.abs(soundLagS))),
  };
  const tooLong = {
    video: video.filter(({ stepS }) => stepS > LONGEST_PICTURE_STEP_S),
    audio: audio.filter(({ stepS }) => stepS > LONGEST_SOUND_STEP_S),
  };
  expect(tooLong).toEqual({ video: [], audio: [] });
  return seams;
}

const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(0)} ms`;

/** Keeps a row of `docs/media.md`. */
export async function record(order: number, programme: string, joins: string, seams: Seams): Promise<void> {
  const { pictureS, soundS, lagS } = seams;
  const picture = `${milliseconds(pictureS)} (two frames, 67 ms)`;
  const lag = Number.isFinite(lagS) ? `${milliseconds(lagS)} (20 ms)` : '';
  await recordMedia([
    { section: 'joins', order, cells: [programme, joins, picture, `${milliseconds(soundS)} (73 ms)`, lag] },
  ]);
}

/** Puts an item whose flash and beep come each second into the bucket; answers with its key. */
export async function clapper(stage: Stage, key: string, recipe: ClapperRecipe): Promise<string> {
  stage.store.putFile('media', key, await makeClapper(recipe));
  return key;
}

/** Plays items of a second, like and unlike ones, until so many joins must have come, a third of them spare; judges them. */
export async function judgeJoins(stage: Stage, joins: number): Promise<Seams> {
  const keys = [
    await clapper(stage, 'house 1.mp4', { seconds: 1 }),
    await clapper(stage, 'house 2.mp4', { seconds: 1 }),
    await clapper(stage, 'without B-frames.mp4', { seconds: 1, bFrames: 0 }),
    await clapper(stage, 'house 3.mp4', { seconds: 1.1 }),
    await clapper(stage, 'film.mp4', { seconds: 1, fps: 25, sampleRateHz: 48_000 }),
  ];
  stage.wish({ media: JSON.stringify(keys) });
  await goOnAir(stage);
  await videoAdvances(stage.sink, joins * 1020 * 1.3, 60_000);
  const seams = await judgeSeams(stage);
  expect(seams.claps).toBeGreaterThan(joins);
  expect(seams.lagS).toBeLessThan(0.02);
  return seams;
}
