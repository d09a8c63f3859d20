import { expect } from 'vitest';
import { onStage } from '../../chaos/on-stage.ts';
import { currentSession, goOnAir, itemOnAir, liveOn, type Stage, videoAdvances } from '../../chaos/stage.ts';
import { healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeFile } from '../../fixtures/media-maker.ts';
import { colourTimeline } from '../../fixtures/picture.ts';
import { SLATE, summary } from '../studio.ts';
import { clapper, judgeJoins, judgeSeams, record } from './seams.ts';

/** The colours that this session has shown in turn, but for the slate that it may begin with while the first item is fetched. */
async function coloursOnAir(stage: Stage): Promise<string[]> {
  const colours = summary(await colourTimeline(currentSession(stage.sink).file ?? ''));
  return colours[0] === SLATE ? colours.slice(1) : colours;
}

onStage.concurrent(
  'fifty joins of like and unlike items leave no seam, and sound with the picture',
  { timeout: 420_000 },
  async ({ stage }) => {
    await judgeJoins(stage, 50);
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
    await stage.upload('song.mp3', { pattern: 'none', container: 'mp3', audioCodec: 'mp3', seconds: 5 });
    await stage.upload('visual.png', { color: 'magenta', container: 'png' });
    stage.wish({ media: 'song.mp3', visual: 'visual.png' });
    const { daemon } = await goOnAir(stage);
    await videoAdvances(stage.sink, 22_000);
    const report = await liveOn(daemon);
    expect(report).toMatchObject({ reason: 'OnAir', restarts: { count: 0 }, upcoming: { item: 'song.mp3' } });
    const seams = await judgeSeams(stage);
    expect(seams.claps).toBe(0);
    expect(await coloursOnAir(stage)).toEqual(['magenta']);
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
    await eventually(async () => expect(await coloursOnAir(stage)).toEqual(['red', 'lime']), {
      timeoutMs: 60_000,
      everyMs: 1_000,
    });
    const next = await stage.start();
    await itemOnAir(next, 'blue.mp4', 0, 40_000);
    await eventually(async () => expect(await coloursOnAir(stage)).toEqual(['red', 'lime', 'blue']), {
      timeoutMs: 60_000,
      everyMs: 1_000,
    });
    await record(3, 'The daemon killed (SIGKILL) before a join, another started after it', '2', {
      ...(await judgeSeams(stage)),
      lagS: Number.NaN,
    });
  },
);

onStage.concurrent(
  'a connection that stands in line for a minute is made anew',
  { timeout: 300_000, tags: 'long' },
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
