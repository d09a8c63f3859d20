import { describe, expect, it } from 'vitest';
import type { LocalCopy } from '../../../src/reconcile/model/item.ts';
import { type HouseClip, NO_ARTWORK } from '../../../src/reconcile/model/playout.ts';
import { clipFrameAt, clipFrames, clipId } from '../../../src/reconcile/playout/clip.ts';
import { playoutHash } from '../../../src/reconcile/playout/hashes.ts';
import { houseFormat } from '../../../src/reconcile/playout/house-format.ts';
import { recordOf } from '../../../src/reconcile/playout/record.ts';
import { itemSpec, slateSpec } from '../../../src/reconcile/playout/spec.ts';
import { factsOf, SETTINGS, SPEC } from '../world-builder.ts';

const FORMAT = houseFormat(SPEC);
const WAVES: LocalCopy = { facts: factsOf('waves.mp4', { durationS: 7 }), path: 'copies/waves.mp4' };
const CLIP: HouseClip = { path: 'clips/waves.mp4', fps: 30, frames: 315, gopFrames: 30 };

const songOver = (clip: HouseClip | null, desired = SPEC) =>
  itemSpec(
    factsOf('song.mp3', { video: null, durationS: 200 }),
    desired,
    { round: 1, index: 2, key: 'song.mp3', offsetMs: 0 },
    { urlTtlMs: SETTINGS.urlTtlMs, sole: false },
    { ...NO_ARTWORK, visual: WAVES, clips: clip === null ? new Map() : new Map([[clipId(WAVES, FORMAT), clip]]) },
  );

describe('a clip in house format', () => {
  it('is another one for another version, bitrate, size or rate', () => {
    const other: LocalCopy = { ...WAVES, facts: { ...WAVES.facts, version: 'another' } };
    const ids = [
      clipId(WAVES, FORMAT),
      clipId(other, FORMAT),
      clipId(null, FORMAT),
      clipId(WAVES, { ...FORMAT, fps: 25 }),
      clipId(WAVES, { ...FORMAT, width: 640 }),
      clipId(WAVES, { ...FORMAT, videoBitrateKbps: 1 }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([
    ['a minute is played once', 60, 1_800],
    ['seven seconds twice', 7, 420],
    ['half a second twenty times', 0.5, 300],
    ['what does not tell its length to its end', null, null],
  ])('is ten seconds long at least: %s', (_, durationS, frames) => {
    expect(clipFrames({ ...WAVES, facts: factsOf('waves.mp4', { durationS }) }, { ...FORMAT, fps: 30 })).toBe(frames);
  });

  it('is ten seconds of what stands still', () => {
    expect(clipFrames(null, { ...FORMAT, fps: 25 })).toBe(250);
  });

  it('runs with the clock, to half a second, and begins anew at its end', () => {
    const lengthMs = (CLIP.frames / CLIP.fps) * 1_000;
    const begunAtMs = Math.ceil(1_800_000_000_000 / lengthMs) * lengthMs;
    const secondsAt = (ms: number): number => clipFrameAt(CLIP, begunAtMs + ms) / CLIP.fps;
    expect([0, 400, 600, 4_300, 9_900].map(secondsAt)).toEqual([0, 0, 1, 4, 10]);
    expect(secondsAt(lengthMs)).toBe(0);
    expect(secondsAt(5 * lengthMs + 3_000)).toBe(3);
  });
});

describe('a song', () => {
  it('has the picture of its clip copied where there is one, and is encoded else', () => {
    expect(songOver(CLIP)).toMatchObject({ clip: CLIP, part: { picture: 'copy', sound: 'transcode' } });
    expect(songOver(null)).toMatchObject({ clip: null, part: { picture: 'transcode', sound: 'transcode' } });
  });

  it('is encoded where desired.yaml says so', () => {
    expect(songOver(CLIP, { ...SPEC, encode: 'transcode' })).toMatchObject({ clip: null });
  });

  it('is not replaced when its clip comes or goes: the same is seen', () => {
    expect(playoutHash(songOver(CLIP))).toBe(playoutHash(songOver(null)));
  });

  it('comes at the rate of the house, whatever its own', () => {
    expect(recordOf(songOver(CLIP))).toMatchObject({ rateKbps: FORMAT.videoBitrateKbps + 128, picture: 'copy' });
  });

  it('says when it is to be seen where its clip is copied, and nothing of it else', () => {
    expect(recordOf(songOver(CLIP), 1_800_000_000_000)).toMatchObject({ seenAtWallMs: 1_800_000_000_000 });
    expect(recordOf(songOver(null), 1_800_000_000_000)).not.toHaveProperty('seenAtWallMs');
  });
});

describe('the slate', () => {
  const PICTURE = { path: 'copies/slate.png', facts: factsOf('slate.png', { audio: null }) };
  const FILM = { path: 'copies/slate.mp4', facts: factsOf('slate.mp4') };
  const slateOf = (slate: LocalCopy | null, clip: HouseClip | null) =>
    slateSpec(SPEC, { slate, clips: clip === null ? new Map() : new Map([[clipId(slate, FORMAT), clip]]) });

  it.each([
    ['a picture', PICTURE],
    ['the built-in one', null],
  ])('has its clip copied where there is one, and is encoded else: %s', (_, slate) => {
    expect(slateOf(slate, CLIP)).toMatchObject({ source: slate, clip: CLIP });
    expect(slateOf(slate, null)).toMatchObject({ source: slate, clip: null });
  });

  it('is encoded where it has sound, as a clip has none', () => {
    expect(slateOf(FILM, CLIP)).toMatchObject({ clip: null });
  });

  it('is not replaced when its clip comes or goes: the same is seen', () => {
    expect(playoutHash(slateOf(PICTURE, CLIP))).toBe(playoutHash(slateOf(PICTURE, null)));
  });
});
