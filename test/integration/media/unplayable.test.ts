import { basename } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HealthBody } from '../../../src/health/body.ts';
import { crowdWav } from '../../fixtures/crowd-wav.ts';
import { healthEventually } from '../../fixtures/daemon.ts';
import type { ColourName } from '../../fixtures/picture.ts';
import { looks, stretches } from '../../fixtures/recording.ts';
import { framesOf, mediaGaps } from '../../fixtures/stream-analysis.ts';
import { makeHollowFiles } from '../../fixtures/unplayable-files.ts';
import { currentSession, firstPicture, openStudio, recordingOf, SLATE, type Studio, videoAdvances } from '../studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
});

afterEach(() => studio.close());

const startsOf = (lines: readonly string[], key: string): number =>
  lines.filter((line) => line.includes('"startPlayout"') && line.includes(`"item":"${key}"`)).length;

/** One behind each clip: a clip is as long as it takes to see that one gives nothing, and to have the next ready. */
const CLIPS: readonly { readonly color: ColourName; readonly hollow: string }[] = [
  { color: 'blue', hollow: 'crowd.wav' },
  { color: 'red', hollow: 'noisy.mp4' },
  { color: 'lime', hollow: 'choir.wav' },
];
const CLIP_S = 10;

test('items that give nothing cost a second of slate at most, are named with what to do, and not started again before their wait is over', async () => {
  for (const { color } of CLIPS) await studio.upload(`${color}.mp4`, { color, seconds: CLIP_S });
  for (const { path } of await makeHollowFiles(studio.dir)) studio.store.putFile('media', basename(path), path);
  studio.store.put('media', 'notes.mp4', Buffer.from('Notes of a meeting.\n'));
  const keys = CLIPS.flatMap(({ color, hollow }) => [`${color}.mp4`, hollow, 'notes.mp4']);
  studio.wish({ media: JSON.stringify(keys) });
  const daemon = await studio.start({ WORKER_RETRY_DELAY: '300' });
  const session = await firstPicture(studio.sink);
  const onAirWithAllNamed = (item: string): Promise<HealthBody> =>
    healthEventually(
      daemon,
      ({ reason, message, playout }) =>
        reason === 'MediaUndecodable' && message.includes('choir.wav') && playout?.item === item,
      { what: `all to be named, and ${item} on air`, timeoutMs: 90_000 },
    );
  const report = await onAirWithAllNamed('lime.mp4');
  expect(report.status).toBe('degraded');
  expect(report.message).toMatch(/"crowd.wav" could not be played: check .*"choir.wav" could not be played: check/);
  await onAirWithAllNamed('blue.mp4');
  await videoAdvances(session, 1_000);

  for (const { hollow } of CLIPS) {
    expect(startsOf(daemon.logLines, hollow)).toBeGreaterThan(0);
    expect(startsOf(daemon.logLines, hollow)).toBeLessThanOrEqual(3);
  }
  expect(startsOf(daemon.logLines, 'notes.mp4')).toBe(0);
  const seen = stretches(await looks(recordingOf(session)));
  // A session may begin with the slate.
  const programme = seen.slice(seen.findIndex(({ colour }) => colour === 'blue'));
  const slateS = programme.filter(({ colour }) => colour === SLATE).map(({ fromS, toS }) => toS - fromS);
  expect(Math.max(0, ...slateS)).toBeLessThanOrEqual(1);
  const clips = programme.map(({ colour }) => colour).filter((colour) => colour !== SLATE);
  expect(clips).toEqual(['blue', 'red', 'lime', 'blue']);
  expect(currentSession(studio.sink)).toBe(session);
  for (const kind of ['video', 'audio'] as const) expect(mediaGaps(session, kind, 300)).toEqual([]);
});

test('alone it is named with the slate on air, and tried anew only after its waits; what can be played of what is wished then goes on air', async () => {
  await studio.upload('blue.mp4', { color: 'blue', seconds: 12 });
  studio.store.put('media', 'crowd.wav', crowdWav(60, 3));
  studio.wish({ media: 'crowd.wav' });
  const daemon = await studio.start({ WORKER_RETRY_DELAY: '300' });
  const session = await firstPicture(studio.sink);
  await healthEventually(
    daemon,
    ({ reason, message }) => reason === 'MediaUndecodable' && message.includes('crowd.wav'),
    {
      what: 'its name',
      timeoutMs: 60_000,
    },
  );
  const pictures = framesOf(session, 'video').length;
  await healthEventually(daemon, () => framesOf(session, 'video').length > pictures + 30 * 5, {
    what: '5 s more of the slate',
    timeoutMs: 60_000,
  });
  // One on air and one in line behind it, before the first was seen to fail.
  expect(startsOf(daemon.logLines, 'crowd.wav')).toBeLessThanOrEqual(3);
  // What goes on air is what can be played of it, though the store fails for the first of it, for good.
  studio.store.put('media', 'broken.mp4', crowdWav(1, 1));
  studio.store.fault = ({ key }) =>
    key === 'broken.mp4' ? { kind: 'status', status: 500, code: 'InternalError' } : undefined;
  studio.wish({ media: '[broken.mp4, blue.mp4]' });
  await healthEventually(
    daemon,
    ({ reason, message, playout }) =>
      reason === 'MediaForbidden' && message.includes('broken.mp4') && playout?.item === 'blue.mp4',
    { what: 'the other one on air, and the broken one named', timeoutMs: 60_000 },
  );
  expect(currentSession(studio.sink)).toBe(session);
});
