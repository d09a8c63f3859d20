import { expect } from 'vitest';
import { looks, type Stretch, stretches } from '../../fixtures/recording.ts';
import type { SinkSession } from '../../fixtures/rtmp-sink.ts';
import { mediaGaps } from '../../fixtures/stream-analysis.ts';
import { inStudio } from '../in-studio.ts';
import { recordMedia } from '../programme/media-table.ts';
import { currentSession, firstPicture, recordingOf, SLATE, videoAdvances } from '../studio.ts';
import { type Scene, wordFor } from './scene.ts';
import { CLIP_S } from './scenes.ts';

const lengthS = ({ fromS, toS }: Stretch): number => toS - fromS;
const LONGEST_SLATE_S = 1;
/** More of what was seen is not told. */
const STRETCHES = 5;

/** What the ingest saw, from the first clip on where there is one: a session may begin with the slate. */
async function programmeOf(session: SinkSession): Promise<Stretch[]> {
  const seen = stretches(await looks(recordingOf(session)));
  return seen.slice(
    Math.max(
      0,
      seen.findIndex(({ colour }) => colour !== SLATE),
    ),
  );
}

/** Tests that play these scenes, one after the other, and keep what was said and seen for docs/media.md, from this row on. */
export function playScenes(scenes: readonly Scene[], firstRow: number): void {
  for (const [i, { what, prepare, env, play, seen, limeS }] of scenes.entries()) {
    inStudio(`${what}: said as it is, within one session`, { timeout: 400_000 }, async ({ studio }) => {
      for (const color of ['blue', 'red'] as const) await studio.upload(`${color}.mp4`, { color, seconds: CLIP_S });
      studio.wish(await prepare(studio));
      const daemon = await studio.start(env?.(studio));
      const session = await firstPicture(studio.sink, 0, 100_000);
      const said = await play(studio, daemon);
      await videoAdvances(session, 2_000);
      const programme = await programmeOf(session);
      const told = programme.slice(0, STRETCHES).map((part) => `${wordFor(part.colour)} ${lengthS(part).toFixed(1)} s`);
      await recordMedia([{ section: 'stores', order: firstRow + i, cells: [what, said, told.join(', ')] }]);

      const longEnough = programme.filter((part) => part.colour !== SLATE || lengthS(part) > LONGEST_SLATE_S);
      const words = longEnough.map(({ colour }) => wordFor(colour));
      expect(words.filter((word, i) => word !== words[i - 1]).join(' ')).toMatch(seen);
      const lime = programme.find(({ colour }) => colour === 'lime');
      if (limeS !== undefined) expect(Math.abs((lime === undefined ? 0 : lengthS(lime)) - limeS)).toBeLessThan(0.5);
      expect(currentSession(studio.sink)).toBe(session);
      for (const kind of ['video', 'audio'] as const) expect(mediaGaps(session, kind, 300)).toEqual([]);
    });
  }
}
