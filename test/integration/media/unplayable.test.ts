import { afterEach, beforeEach, expect, test } from 'vitest';
import { crowdWav } from '../../fixtures/crowd-wav.ts';
import { healthEventually } from '../../fixtures/daemon.ts';
import { framesOf, mediaGaps } from '../../fixtures/stream-analysis.ts';
import { currentSession, firstPicture, openStudio, type Studio } from '../studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
});

afterEach(() => studio.close());

const startsOf = (lines: readonly string[], key: string): number =>
  lines.filter((line) => line.includes('"startPlayout"') && line.includes(`"item":"${key}"`)).length;

test('items that give nothing are passed over, named with what to do, and not started again before their wait is over', async () => {
  await studio.upload('red.mp4', { color: 'red', seconds: 12 });
  studio.store.put('media', 'crowd.wav', crowdWav(60, 3));
  studio.store.put('media', 'choir.wav', crowdWav(13, 3));
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
