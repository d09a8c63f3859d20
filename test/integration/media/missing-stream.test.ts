import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeMedia } from '../../fixtures/media-maker.ts';
import { runToolOk } from '../../fixtures/run-tool.ts';
import { framesOf, mediaGaps, worstAvOffsetMs } from '../../fixtures/stream-analysis.ts';
import {
  colourArrives,
  colours,
  currentSession,
  onAirWith,
  openStudio,
  type Studio,
  videoAdvances,
} from '../studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
});
afterEach(() => studio.close());

const ENDS_AFTER_S = '2';

/** An item of 25 s of which one stream ends after 2 s. */
async function uploadOneSided(key: string, stream: 'picture' | 'sound'): Promise<void> {
  const whole = await makeMedia({ name: 'half', size: '640x360', bitrateKbps: 600, color: 'yellow', seconds: 25 });
  const [picture, sound] = [stream === 'picture', stream === 'sound'].map((ends) => [
    ...(ends ? ['-t', ENDS_AFTER_S] : []),
    '-i',
    whole,
  ]) as [string[], string[]];
  const path = join(studio.dir, key);
  await runToolOk('ffmpeg', ['-v', 'error', ...picture, ...sound, '-map', '0:v', '-map', '1:a', '-c', 'copy', path]);
  studio.store.putFile('media', key, path);
}

test.each([
  ['picture', 'video', 'PictureMissing'],
  ['sound', 'audio', 'SoundMissing'],
] as const)(
  'an item that goes on without %s is named and passed over, and what follows has both',
  async (stream, kind, reason) => {
    await studio.upload('a.mp4', { color: 'red', seconds: 8 });
    await uploadOneSided('half.mp4', stream);
    await studio.upload('c.mp4', { color: 'blue', seconds: 60 });
    // By the operator's word: it would be encoded otherwise, and whole.
    studio.wish({ media: '[a.mp4, half.mp4, c.mp4]', encode: 'copy' });
    const daemon = await studio.start({ WORKER_RETRY_DELAY: '60' });
    await onAirWith(daemon, 'a.mp4');
    const first = currentSession(studio.sink);

    const said = await healthEventually(daemon, (report) => report.reason === reason, {
      what: reason,
      timeoutMs: 60_000,
    });
    const saidAtMs = performance.now();
    expect(said).toMatchObject({ status: 'degraded', message: expect.stringContaining('"half.mp4"') });
    // 3 s that it may be missing, and what it takes to see that.
    const lastAtMs = framesOf(first, kind).at(-1)?.arrivedAtMs ?? 0;
    expect((saidAtMs - lastAtMs) / 1_000).toBeLessThan(15);

    await healthEventually(daemon, ({ playout }) => playout?.item === 'c.mp4', { what: 'c.mp4', timeoutMs: 30_000 });
    const next = await eventually(
      () => {
        const session = currentSession(studio.sink);
        if (session === first) throw new Error('the old session is still there');
        if (framesOf(session, 'video').length === 0) throw new Error('no picture yet');
        return session;
      },
      { timeoutMs: 30_000, what: 'a session in which nothing is apart' },
    );
    await colourArrives(studio.sink, 'blue');
    await videoAdvances(next, 5_000);
    expect(new Set(await colours(next))).toEqual(new Set(['blue']));
    expect([mediaGaps(next, 'video', 300), mediaGaps(next, 'audio', 300)]).toEqual([[], []]);
    expect(worstAvOffsetMs(next)).toBeLessThan(300);
    // It waits for its next turn, and is named meanwhile.
    expect(await daemon.health()).toMatchObject({ status: 'degraded', reason, playout: { item: 'c.mp4' } });
    expect(studio.sink.maxConcurrentPublishers).toBe(1);
  },
  150_000,
);
