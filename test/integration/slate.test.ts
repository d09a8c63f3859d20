import { expect } from 'vitest';
import type { HealthBody } from '../../src/health/body.ts';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { mediaGaps } from '../fixtures/stream-analysis.ts';
import { inStudio } from './in-studio.ts';
import { colourArrives, currentSession, firstPicture, onAirWith, type Studio, videoAdvances } from './studio.ts';

const uploadSlate = (studio: Studio): Promise<string> => studio.upload('slate.png', { color: 'red', container: 'png' });

const degraded = (daemon: Daemon, reason: string): Promise<HealthBody> =>
  healthEventually(daemon, (report) => report.status === 'degraded' && report.reason === reason, {
    what: reason,
    timeoutMs: 45_000,
  });

/** On air with the slate wished, until the copy of it has been seen. */
async function slateOnAir(studio: Studio): Promise<Daemon> {
  await uploadSlate(studio);
  studio.wish({ media: 'late.mp4', slate: 'slate.png' });
  const daemon = await studio.start();
  await firstPicture(studio.sink);
  await degraded(daemon, 'MediaNotFound');
  await colourArrives(studio.sink, 'red');
  return daemon;
}

inStudio.concurrent(
  'the slate that is wished is on air while the media is missing, and gives way to it',
  async ({ studio }) => {
    const daemon = await slateOnAir(studio);
    await studio.upload('late.mp4', { color: 'blue', seconds: 30 });
    await onAirWith(daemon, 'late.mp4');
    await colourArrives(studio.sink, 'blue');
    expect(studio.sink.sessions).toHaveLength(1);
    expect(mediaGaps(currentSession(studio.sink), 'video', 300)).toEqual([]);
  },
);

inStudio.concurrent('the slate is on air though the store fails just when it is needed', async ({ studio }) => {
  await uploadSlate(studio);
  await studio.upload('first.mp4', { color: 'blue', seconds: 30 });
  studio.wish({ media: 'first.mp4', slate: 'slate.png' });
  const daemon = await studio.start();
  await firstPicture(studio.sink);
  await onAirWith(daemon, 'first.mp4');
  await colourArrives(studio.sink, 'blue');
  await studio.store.down();
  studio.wish({ media: 'second.mp4', slate: 'slate.png' });
  await degraded(daemon, 'StorageUnreachable');
  await colourArrives(studio.sink, 'red');
  expect(studio.sink.sessions).toHaveLength(1);
});

inStudio.concurrent('the slate is on air after a restart of the daemon with the store away', async ({ studio }) => {
  const first = await slateOnAir(studio);
  await studio.store.down();
  first.kill('SIGTERM');
  expect(await first.exited).toEqual({ code: 0, signal: null });
  const daemon = await studio.start();
  await firstPicture(studio.sink, 1);
  await degraded(daemon, 'StorageUnreachable');
  await colourArrives(studio.sink, 'red');
  await videoAdvances(currentSession(studio.sink), 3_000);
  expect(studio.sink.sessions).toHaveLength(2);
});

inStudio.concurrent(
  'the visual that is wished is seen under an item that has only sound, over its loops',
  async ({ studio }) => {
    await uploadSlate(studio);
    await studio.upload('song.mp3', { pattern: 'none', container: 'mp3', audioCodec: 'mp3', seconds: 30 });
    await studio.upload('visual.mp4', { color: 'lime', seconds: 2, audio: 'none' });
    studio.wish({ media: 'song.mp3', visual: 'visual.mp4' });
    const daemon = await studio.start();
    await firstPicture(studio.sink);
    const report = await onAirWith(daemon, 'song.mp3');
    expect(report.playout?.mode).toBe('transcode');
    await colourArrives(studio.sink, 'lime');
    const session = currentSession(studio.sink);
    await videoAdvances(session, 6_000);
    await colourArrives(studio.sink, 'lime');
    expect(mediaGaps(session, 'video', 300)).toEqual([]);
    expect(mediaGaps(session, 'audio', 300)).toEqual([]);
    studio.wish({ media: 'song.mp3', visual: 'slate.png' });
    await colourArrives(studio.sink, 'red');
    expect(studio.sink.sessions).toHaveLength(1);
  },
);
