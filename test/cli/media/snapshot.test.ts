import { expect, it } from 'vitest';
import { asOfNow } from '../../../src/cli/media/snapshot.ts';

type OnAir = Parameters<typeof asOfNow>[0];

it.each<[string, number | null, number | null, number, number | null]>([
  ['as old as the last look, and as what FFmpeg had said by then', 10_000, 300, 1_200, 11_500],
  ['as old as the last look where FFmpeg said nothing', 10_000, null, 1_200, 11_200],
  ['taken as it is where the stream stands still', 10_000, 9_000, 1_200, 10_000],
  ['taken as it is where the clock was set back', 10_000, 0, -60_000, 10_000],
  ['taken as it is where its age is not known', 10_000, 0, Number.NaN, 10_000],
  ['not known', null, 300, 1_200, null],
])('a position in /health is %s', (_what, positionMs, progressAgeMs, lookAgeMs, shownMs) => {
  const onAir: OnAir = {
    pid: 7,
    item: 'a.mp4',
    mode: 'copy',
    picture: 'copy',
    sound: 'copy',
    title: null,
    artist: null,
    positionMs,
    durationMs: 60_000,
    progressAgeMs: 0,
    bufferedMs: null,
  };
  expect(asOfNow(onAir, { progressAgeMs }, lookAgeMs)).toEqual({ ...onAir, positionMs: shownMs });
});
