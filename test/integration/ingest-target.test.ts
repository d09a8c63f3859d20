import { expect } from 'vitest';
import { withRoom } from '../fixtures/room.ts';
import { inStudio } from './in-studio.ts';
import { currentSession, firstPicture, onAirWith, STREAM_KEY, videoAdvances, type Studio } from './studio.ts';

async function wishRed(studio: Studio): Promise<void> {
  await studio.upload('red.mp4', { color: 'red', seconds: 60 });
  studio.wish({ media: 'red.mp4' });
}

inStudio.concurrent(
  "YouTube's backup address: its query belongs to the application, and the stream's name is the key alone",
  async ({ studio }) => {
    await wishRed(studio);
    const daemon = await studio.start({ YOUTUBE_RTMP_URL: `${studio.sink.url}?backup=1` });
    await firstPicture(studio.sink);
    const session = currentSession(studio.sink);
    expect(session).toMatchObject({ app: 'live2?backup=1', streamName: STREAM_KEY });
    await onAirWith(daemon, 'red.mp4');
    await videoAdvances(session, 2_000);
    const told = [...daemon.logLines, daemon.stderr, (await daemon.rawHealth()).text].join('\n');
    expect(told).not.toContain(STREAM_KEY);
  },
);

inStudio.concurrent(
  'a rotated stream key: the next daemon after a hand-over ends the session and opens one with the new key',
  async ({ studio }) => {
    await wishRed(studio);
    const before = await studio.start();
    await firstPicture(studio.sink);
    await onAirWith(before, 'red.mp4');
    before.kill('SIGHUP');
    expect(await before.exited).toEqual({ code: 75, signal: null });
    expect(studio.sink.publishers).toBe(1);
    const after = await studio.start({ YOUTUBE_STREAM_KEY: 'zyxw-vuts-rqpo-nmlk-jihg' });
    await firstPicture(studio.sink, 1);
    await onAirWith(after, 'red.mp4');
    const [old, renewed] = studio.sink.sessions;
    expect(studio.sink.sessions).toHaveLength(2);
    expect(old).toMatchObject({ streamName: STREAM_KEY });
    expect(renewed).toMatchObject({ streamName: 'zyxw-vuts-rqpo-nmlk-jihg', closedAtMs: null });
    expect((renewed?.openedAtMs ?? Infinity) - (old?.closedAtMs ?? -Infinity)).toBeLessThan(withRoom(5_000));
    expect(studio.sink.maxConcurrentPublishers).toBe(1);
  },
);
