import { describe, expect, it } from 'vitest';
import { missingStream } from '../../../src/reconcile/runs/missing-stream.ts';
import {
  type FlowStretch,
  NO_PICTURE,
  NO_PICTURE_7,
  NO_SOUND,
  NO_SOUND_7,
  streamsHistory,
} from '../streams-history.ts';

const after = (...stretches: readonly FlowStretch[]) => missingStream(streamsHistory(5_000_000, stretches));
const whole: FlowStretch = { seconds: 10 };
/** What the muxer held back for 10 s it gives out from then on, beside what comes. */
const given = { sent: 70_000 };

describe('a stream that is missing', () => {
  it.each<readonly [string, readonly FlowStretch[], 'picture' | 'sound']>([
    ['pictures, with FFmpeg up to 6.1', [whole, NO_PICTURE], 'picture'],
    ['pictures, with FFmpeg from 7 on', [whole, { ...NO_PICTURE_7, seconds: 6 }], 'picture'],
    ['pictures, for longer than the muxer waits', [whole, { ...NO_PICTURE, ...given, seconds: 20 }], 'picture'],
    ['pictures, by a daemon that has just begun to look', [{ ...NO_PICTURE, seconds: 9 }], 'picture'],
    ['sound, with FFmpeg up to 6.1', [whole, NO_SOUND], 'sound'],
    ['sound, with FFmpeg from 7 on', [whole, NO_SOUND_7], 'sound'],
    ['sound, for longer than the muxer waits', [whole, { ...NO_SOUND_7, ...given, seconds: 20 }], 'sound'],
    [
      'sound, at one picture a second',
      [
        { ...whole, pictures: 1 },
        { ...NO_SOUND, pictures: 1 },
      ],
      'sound',
    ],
  ])('is told: %s', (_what, stretches, stream) => {
    expect(after(...stretches)).toEqual({ runId: 'p1', stream });
  });

  it('is told after 3 s, and not before', () => {
    expect(after(whole, { ...NO_PICTURE, seconds: 2 })).toBeNull();
    expect(after(whole, { ...NO_PICTURE, seconds: 3 })).not.toBeNull();
    expect(after(whole, { ...NO_SOUND, seconds: 2 })).toBeNull();
    expect(after(whole, { ...NO_SOUND, seconds: 3 })).not.toBeNull();
  });

  it('is laid to the run whose bytes the uplink reads, not to the one that has just taken the gate', () => {
    const tail: FlowStretch = { ...NO_PICTURE, holder: 'p2' };
    expect(after(whole, { ...NO_PICTURE, seconds: 2 }, tail)).toBeNull();
    expect(after(whole, { ...tail, seconds: 9 })).toEqual({ runId: 'p2', stream: 'picture' });
  });
});

describe('no stream is missing', () => {
  it.each<readonly [string, readonly FlowStretch[]]>([
    ['while both flow', [whole, whole]],
    ['at one picture a second', [{ seconds: 20, pictures: 1 }]],
    ['while all stands still', [whole, { seconds: 30, pictures: 0, pace: 0, sent: 0, read: 0 }]],
    [
      'while an ingest takes nothing and the pipe is still read',
      [whole, { seconds: 1, pictures: 0, pace: 0, sent: 0 }, { seconds: 9, pictures: 0, pace: 0, sent: 0, read: 0 }],
    ],
    [
      'when a playout that stood still for 8 s goes on',
      [whole, { seconds: 8, pictures: 0, pace: 0, sent: 0, read: 0 }, { seconds: 1, pictures: 0, pace: 8, sent: 0 }],
    ],
    [
      'in a burst after a stall',
      [
        whole,
        { seconds: 6, pictures: 0, pace: 0, sent: 0, read: 0 },
        { seconds: 1, pictures: 210, pace: 7, sent: 700_000 },
      ],
    ],
    [
      'where an item’s own time jumps ahead',
      [whole, { seconds: 1, pace: 9 }, { seconds: 8, pictures: 0, pace: 0, sent: 0, read: 0 }, whole],
    ],
    ['at a join that takes a second', [whole, { seconds: 1, pictures: 0, sent: 0 }, { ...whole, holder: 'p2' }]],
    ['where a line takes 0.3 of it', [whole, { seconds: 20, pictures: 9, pace: 0.3, sent: 30_000, read: 30_000 }]],
    ['while nothing is on air', [whole, { ...NO_PICTURE, seconds: 9, holder: null }]],
  ])('%s', (_what, stretches) => {
    expect(after(...stretches)).toBeNull();
  });

  it('as far as is known, where nothing is', () => {
    expect(missingStream(null)).toBeNull();
  });
});
