import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeMedia } from '../fixtures/media-maker.ts';
import { runToolOk } from '../fixtures/run-tool.ts';
import { stageMedia } from '../fixtures/stage-media.ts';
import { framesOf } from '../fixtures/stream-analysis.ts';
import { playoutBytes, publish } from './raw-pipeline.ts';
import { colourArrives, onAirWith, openStudio, type Studio } from './studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
});
afterEach(() => studio.close());

test('an item whose picture begins seconds after its sound goes on air all the same', async () => {
  const house = await stageMedia({ color: 'red', seconds: 20 });
  const late = join(studio.dir, 'late.mkv');
  const inputs = ['-itsoffset', '4', '-i', house, '-i', house];
  await runToolOk('ffmpeg', ['-v', 'error', ...inputs, '-map', '0:v', '-map', '1:a', '-c', 'copy', late]);
  studio.store.putFile('media', 'late.mkv', late);
  // As it is: encoded, its picture would be brought to the beginning.
  studio.wish({ media: 'late.mkv', encode: 'copy' });
  const daemon = await studio.start();
  await onAirWith(daemon, 'late.mkv');
  await colourArrives(studio.sink, 'red');
  expect(studio.sink.maxConcurrentPublishers).toBe(1);
});

test('a clip without sound, resumed in its first seconds, begins with a picture', async () => {
  const path = await makeMedia({ name: 'silent', size: '360x360', fps: 25, audio: 'none', color: 'lime', seconds: 8 });
  const bytes = await playoutBytes({ path, seconds: 8, mode: 'transcode', offsetMs: 278, silent: true });
  const { session } = await publish(studio.sink, bytes);
  expect(framesOf(session, 'video')[0]).toMatchObject({ keyframe: true });
  expect(framesOf(session, 'video')[0]?.timestampMs).toBeLessThan(200);
});
