import { describe, expect, it } from 'vitest';
import { clipArgv, clipList, slateList } from '../../../src/actuate/ffmpeg/clip-argv.ts';
import type { HouseClip, HouseFormat } from '../../../src/reconcile/model/playout.ts';
import { factsOf } from '../../reconcile/world-builder.ts';

const FORMAT: HouseFormat = { width: 1280, height: 720, fps: 30, videoBitrateKbps: 3_000 };
const CLIP: HouseClip = { path: '/state/clip.mp4', fps: 30, frames: 300, gopFrames: 30 };

describe('the turns of a clip', () => {
  it('begin where the clock is, at a key frame, and go on for twelve hours', () => {
    const lines = clipList(CLIP, 1_800_000_004_000).trimEnd().split('\n');
    const file = "file 'file:/proc/self/fd/5'";
    expect(lines.slice(0, 4)).toEqual(['ffconcat version 1.0', file, 'inpoint 4.000000', file]);
    expect(lines.filter((line) => line === file)).toHaveLength(12 * 360 + 1);
  });

  it('begin at the key frame, not a hair before it, where its time is no round number', () => {
    const odd: HouseClip = { ...CLIP, fps: 29.97 };
    const inpointS = Number(/inpoint (\S+)/.exec(clipList(odd, 1_800_000_003_000))?.[1]);
    const frame = Math.round(inpointS * 29.97);
    expect(frame % 30).toBe(0);
    expect(inpointS).toBeGreaterThanOrEqual(frame / 29.97);
    expect(inpointS - frame / 29.97).toBeLessThan(2e-6);
  });
});

describe('the turns of a slate', () => {
  it('begin at its beginning and go on for days', () => {
    const [head, ...turns] = slateList().trimEnd().split('\n');
    expect(head).toBe('ffconcat version 1.0');
    expect(new Set(turns)).toEqual(new Set(["file 'file:/proc/self/fd/5'"]));
    expect(turns.length * 10).toBeGreaterThan(5 * 86_400);
  });
});

describe('a clip is made', () => {
  const optionOf = (argv: readonly string[], name: string): string | undefined => argv[argv.lastIndexOf(name) + 1];

  it('with a key frame each second, without B-frames, at the rate of the house, on one core', () => {
    const argv = clipArgv(
      { facts: factsOf('waves.mp4', { durationS: 60 }), path: '/x' },
      FORMAT,
      { toneMapping: false },
      { path: '/state/clip.part', atMostBytes: 1e9 },
    );
    const wanted = {
      '-g': '30',
      '-bf': '0',
      '-b:v': '3000k',
      '-frames:v': '1800',
      '-threads': '1',
      '-stream_loop': '-1',
    };
    expect(Object.fromEntries(Object.keys(wanted).map((name) => [name, optionOf(argv, name)]))).toEqual(wanted);
    expect(argv.at(-1)).toBe('file:/state/clip.part');
  });

  it('of what does not tell its length by playing it once', () => {
    const argv = clipArgv(
      { facts: factsOf('waves.gif', { durationS: null }), path: '/x' },
      FORMAT,
      { toneMapping: false },
      { path: '/state/clip.part', atMostBytes: 1e9 },
    );
    expect(argv).not.toContain('-stream_loop');
    expect(argv).not.toContain('-frames:v');
    expect(optionOf(argv, '-fs')).toBe('1000000000');
  });
});
