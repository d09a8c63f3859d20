import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { runToolOk } from '../../fixtures/run-tool.ts';
import { stageMedia } from '../../fixtures/stage-media.ts';
import { mediaGaps, worstAvOffsetMs } from '../../fixtures/stream-analysis.ts';
import { colours, currentSession, openStudio, type Studio, videoAdvances } from '../studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
});
afterEach(() => studio.close());

const ENDS_AFTER_S = '2';

/** An item of 25 s of which one stream ends after 2 s. */
async function uploadOneSided(key: string, stream: 'picture' | 'sound'): Promise<void> {
  const whole = await stageMedia({ color: 'yellow', seconds: 25 });
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
  ['picture', 'PictureMissing'],
  ['sound', 'SoundMissing'],
] as const)(
  'an item that goes on without %s is named and passed over, and what follows has both',
  async (stream, reason) => {
    await uploadOneSided('half.mp4', stream);
    await studio.upload('c.mp4', { color: 'blue', seconds: 60 });
    // By the operator's word: it would be encoded otherwise, and whole.
    studio.wish({ media: '[half.mp4, c.mp4]', encode: 'copy' });
    const daemon = await studio.start({ WORKER_RETRY_DELAY: '120' });

    const said = await healthEventually(daemon, (report) => report.reason === reason, {
      what: reason,
      timeoutMs: 120_000,
    });
    expect(said).toMatchObject({ status: 'degraded', message: expect.stringContaining('"half.mp4"') });

    // What it was sent in is over; the next may begin with the slate.
    const next = await eventually(
      async () => {
        const session = currentSession(studio.sink);
        const seen = new Set(await colours(session));
        if (!seen.has('blue') || seen.has('yellow')) throw new Error(`it has ${[...seen].join(', ')}`);
        return session;
      },
      { timeoutMs: 90_000, everyMs: 500, what: 'a session of what follows alone' },
    );
    await videoAdvances(next, 5_000);
    expect([mediaGaps(next, 'video', 300), mediaGaps(next, 'audio', 300)]).toEqual([[], []]);
    expect(worstAvOffsetMs(next)).toBeLessThan(300);
    // It waits for its next turn, and is named meanwhile.
    expect(await daemon.health()).toMatchObject({ status: 'degraded', reason, playout: { item: 'c.mp4' } });
    expect(studio.sink.maxConcurrentPublishers).toBe(1);
  },
  300_000,
);
