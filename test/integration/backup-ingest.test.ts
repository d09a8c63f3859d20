import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  onAirWith,
  currentSession,
  firstPicture,
  openStudio,
  STREAM_KEY,
  videoAdvances,
  type Studio,
} from './studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
  await studio.upload('red.mp4', { color: 'red', seconds: 30 });
  studio.wish({ media: 'red.mp4' });
});

afterEach(() => studio.close());

test("YouTube's backup address: its query belongs to the application, and the stream's name is the key alone", async () => {
  const daemon = await studio.start({ YOUTUBE_RTMP_URL: `${studio.sink.url}?backup=1` });
  await firstPicture(studio.sink);
  const session = currentSession(studio.sink);
  expect(session).toMatchObject({ app: 'live2?backup=1', streamName: STREAM_KEY });
  await onAirWith(daemon, 'red.mp4');
  await videoAdvances(session, 2_000);
  const told = [...daemon.logLines, daemon.stderr, (await daemon.rawHealth()).text].join('\n');
  expect(told).not.toContain(STREAM_KEY);
});
