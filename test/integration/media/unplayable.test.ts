import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually } from '../../fixtures/daemon.ts';
import { framesOf, mediaGaps } from '../../fixtures/stream-analysis.ts';
import { currentSession, firstPicture, onAirWith, openStudio, type Studio } from '../studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
});

afterEach(() => studio.close());

/** Sound of so many channels that nobody knows where each belongs: FFmpeg makes nothing of it, and ends at once. */
function wavOf(channels: number, seconds: number): string {
  const rateHz = 8_000;
  const head = Buffer.alloc(44);
  const size = rateHz * seconds * channels * 2;
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + size, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rateHz, 24);
  head.writeUInt32LE(rateHz * channels * 2, 28);
  head.writeUInt16LE(channels * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(size, 40);
  const path = join(studio.dir, `${channels}.wav`);
  writeFileSync(path, Buffer.concat([head, Buffer.alloc(size)]));
  return path;
}

const startsOf = (lines: readonly string[], key: string): number =>
  lines.filter((line) => line.includes('"startPlayout"') && line.includes(`"item":"${key}"`)).length;

test('items that give nothing are passed over, named with what to do, and not started again before their wait is over', async () => {
  await studio.upload('red.mp4', { color: 'red', seconds: 12 });
  studio.store.putFile('media', 'crowd.wav', wavOf(60, 3));
  studio.store.putFile('media', 'choir.wav', wavOf(13, 3));
  studio.wish({ media: '[red.mp4, crowd.wav, choir.wav]' });
  const daemon = await studio.start({ WORKER_RETRY_DELAY: '300' });
  await onAirWithOthersNamed();
  const session = await firstPicture(studio.sink);
  const pictures = framesOf(session, 'video').length;
  await healthEventually(daemon, () => framesOf(session, 'video').length > pictures + 30 * 20, {
    what: '20 s more',
    timeoutMs: 90_000,
  });
  for (const key of ['crowd.wav', 'choir.wav']) expect(startsOf(daemon.logLines, key)).toBeLessThanOrEqual(3);
  expect(currentSession(studio.sink)).toBe(session);
  expect(mediaGaps(session, 'video', 1_000)).toEqual([]);

  async function onAirWithOthersNamed(): Promise<void> {
    const report = await healthEventually(
      daemon,
      ({ reason, message, playout }) =>
        reason === 'MediaUndecodable' && message.includes('choir.wav') && playout?.item === 'red.mp4',
      { what: 'both to be named', timeoutMs: 60_000 },
    );
    expect(report.status).toBe('degraded');
    expect(report.message).toMatch(/"crowd.wav" could not be played: check .*; "choir.wav" could not be played: check/);
  }
});

test('alone it is named with the slate on air, and tried anew only after its waits; what is wished then goes on air', async () => {
  await studio.upload('blue.mp4', { color: 'blue', seconds: 12 });
  studio.store.putFile('media', 'crowd.wav', wavOf(60, 3));
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
  studio.wish({ media: 'blue.mp4' });
  await onAirWith(daemon, 'blue.mp4');
  expect(currentSession(studio.sink)).toBe(session);
});
