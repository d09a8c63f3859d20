import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import type { MediaRecipe } from '../fixtures/media-maker.ts';
import { type ColourName, nearestColourName } from '../fixtures/picture.ts';
import type { SinkSession } from '../fixtures/rtmp-sink.ts';
import { runTool } from '../fixtures/run-tool.ts';
import { framesOf, lastFrameMs, mediaGaps } from '../fixtures/stream-analysis.ts';
import {
  colourArrives,
  colours,
  currentSession,
  firstPicture,
  LOOK_EVERY_MS,
  onAirWith,
  openStudio,
  recordingOf,
  SLATE,
  type Studio,
  summary,
  videoAdvances,
} from './studio.ts';

/*
 * One item after the other by `media`. In `npm test`, any-media.test.ts has each kind in one list, row i of
 * test/chaos/media.test.ts what is missing, and media/unplayable.test.ts what gives nothing.
 */

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
});

afterEach(() => studio.close());

const MISFITS: Readonly<
  Record<string, Partial<MediaRecipe> & { readonly edges: ColourName; readonly middle: ColourName }>
> = {
  'narrow.mp4': { color: 'red', size: '160x180', edges: 'black', middle: 'red' },
  'silent.mp4': { color: 'lime', audio: 'none', edges: 'lime', middle: 'lime' },
  'slow.mp4': { color: 'yellow', fps: 25, edges: 'yellow', middle: 'yellow' },
  'mono.mp4': { color: 'magenta', channels: 1, sampleRateHz: 48_000, edges: 'magenta', middle: 'magenta' },
  'sound.m4a': { pattern: 'none', container: 'm4a', edges: SLATE, middle: SLATE },
  'web.webm': {
    color: 'cyan',
    videoCodec: 'vp9',
    audioCodec: 'opus',
    container: 'webm',
    edges: 'cyan',
    middle: 'cyan',
  },
};

test('whatever does not fit is brought into the house format, within one session', async () => {
  for (const [key, { edges: _, middle: __, ...recipe }] of Object.entries(MISFITS))
    await studio.upload(key, { seconds: 20, ...recipe });
  let daemon: Daemon | undefined;
  for (const [key, { edges, middle }] of Object.entries(MISFITS)) {
    studio.wish({ media: key });
    daemon ??= await studio.start();
    await firstPicture(studio.sink);
    const report = await onAirWith(daemon, key);
    expect({ key, mode: report.playout?.mode }).toEqual({ key, mode: 'transcode' });
    const session = currentSession(studio.sink);
    await eventually(
      async () => {
        expect(await lastColours(session)).toEqual({ edges, middle });
      },
      { timeoutMs: 45_000, everyMs: LOOK_EVERY_MS, what: `${key} as it should look` },
    );
    await videoAdvances(session, 1000);
  }
  expect(studio.sink.sessions).toHaveLength(1);
  const session = currentSession(studio.sink);
  expect(mediaGaps(session, 'video', 300)).toEqual([]);
  expect(mediaGaps(session, 'audio', 300)).toEqual([]);
  const frames = framesOf(session, 'video');
  const spanS = ((frames.at(-1)?.timestampMs ?? 0) - (frames[0]?.timestampMs ?? 0)) / 1000;
  expect(Math.abs(frames.length / spanS - 30)).toBeLessThan(1);
});

test('a missing object gives the slate and a reason, and is on air once it is uploaded', async () => {
  studio.wish({ media: 'late.mp4' });
  const daemon = await studio.start();
  const session = await firstPicture(studio.sink);
  const report = await healthEventually(daemon, ({ status }) => status === 'degraded', { what: 'degraded' });
  expect(report).toMatchObject({ reason: 'MediaNotFound', playout: { item: null } });
  expect(report.message).toContain('late.mp4');
  await studio.upload('late.mp4', { color: 'red', seconds: 20 });
  await onAirWith(daemon, 'late.mp4');
  await colourArrives(studio.sink, 'red');
  expect(summary(await colours(session))).toEqual([SLATE, 'red']);
  expect(studio.sink.sessions).toHaveLength(1);
});

test('an object that cannot be decoded is skipped and named, and the programme goes on', async () => {
  await studio.upload('a.mp4', { color: 'red', seconds: 5 });
  studio.store.put('media', 'broken.mp4', randomBytes(200_000));
  await studio.upload('c.mp4', { color: 'blue', seconds: 5 });
  studio.wish({ media: '[a.mp4, broken.mp4, c.mp4]' });
  const daemon = await studio.start();
  const session = await firstPicture(studio.sink);
  const told = new Set<string>();
  await eventually(
    async () => {
      const { reason, message } = await daemon.health();
      told.add(`${reason} ${message}`);
      // A round takes ten seconds.
      if ((lastFrameMs(session, 'video') ?? 0) < 11_000) throw new Error('still the first round');
    },
    { timeoutMs: 80_000, everyMs: 200, what: 'the round to be over' },
  );
  await eventually(async () => expect(summary(await colours(session)).length).toBeGreaterThanOrEqual(3), {
    timeoutMs: 80_000,
    everyMs: LOOK_EVERY_MS,
  });
  expect(summary(await colours(session)).slice(0, 3)).toEqual(['red', 'blue', 'red']);
  const named = [...told, ...daemon.logLines].filter((line) => line.includes('broken.mp4'));
  expect(named.length).toBeGreaterThan(0);
  expect(named.join('\n')).toContain('MediaUndecodable');
  expect(studio.sink.sessions).toHaveLength(1);
});

const PARTS = 8;

/** Colours of two eighths of the last picture recorded so far: at the left edge, and to the right of its middle. */
async function lastColours(session: SinkSession): Promise<{ readonly edges: ColourName; readonly middle: ColourName }> {
  const filter = `fps=2,scale=${PARTS}:1:flags=area`;
  const args = ['-nostdin', '-v', 'error', '-i', recordingOf(session), '-an', '-vf', filter];
  const { stdout } = await runTool('ffmpeg', [...args, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']);
  const picture = stdout.subarray(-3 * PARTS);
  const colourAt = (part: number): ColourName => {
    const [r = 0, g = 0, b = 0] = picture.subarray(part * 3, part * 3 + 3);
    return nearestColourName({ r, g, b });
  };
  return { edges: colourAt(0), middle: colourAt(PARTS / 2) };
}
