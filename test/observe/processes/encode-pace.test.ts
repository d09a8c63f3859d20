import { describe, expect, it } from 'vitest';
import { EncodePaceTracker } from '../../../src/observe/processes/encode-pace.ts';
import type { PlayoutRun } from '../../../src/reconcile/model/run.ts';
import { itemAt, playoutRun } from '../../reconcile/world-builder.ts';

const SIZE_BYTES = 8_000_000;

/** An encode that has written so much, of which so many bytes stand in its reservoir. */
function encode(outTimeMs: number, standingBytes = 40_000, change: Partial<PlayoutRun> = {}): PlayoutRun {
  const bytes = { read: 9_000_000, written: 9_000_000 - standingBytes };
  const reservoir = { pid: 9, startTicks: 9, sizeBytes: SIZE_BYTES, bytes };
  return playoutRun(itemAt('rain.mp4', 0), { reservoir, ...change }, outTimeMs);
}

describe('how fast an encode is that nothing holds back', () => {
  it('is what it has written over the last 20 s', () => {
    const tracker = new EncodePaceTracker();
    const paces = Array.from({ length: 60 }, (_, s) => tracker.update(encode(s * 300), () => false, s * 1_000));
    expect(paces[10]).toEqual({ overMs: 10_000, writtenMs: 3_000 });
    expect(paces.at(-1)).toEqual({ overMs: 20_000, writtenMs: 6_000 });
  });

  it.each<[string, PlayoutRun]>([
    ['its reservoir is full', encode(9_000, SIZE_BYTES)],
    ['it is frozen', encode(9_000, 0, { life: 'frozen' })],
    ['it has ended', encode(9_000, 0, { life: 'draining' })],
    ['nothing of it was seen', encode(9_000, 0, { progress: null })],
    ['its picture is copied', encode(9_000, 0, { record: { ...itemRecord(), picture: 'copy' } })],
  ])('is not known while %s, and begins anew', (_, hindered) => {
    const tracker = new EncodePaceTracker();
    tracker.update(encode(0), () => false, 0);
    expect(tracker.update(hindered, () => false, 1_000)).toBeNull();
    expect(tracker.update(encode(9_300), () => false, 2_000)).toEqual({ overMs: 0, writtenMs: 0 });
  });

  it('is not known of one that has mostly read all that the store has sent', () => {
    const tracker = new EncodePaceTracker();
    const paces = Array.from({ length: 20 }, (_, s) => tracker.update(encode(s * 300), () => s % 4 > 0, s * 1_000));
    expect(paces.at(-1)).toBeNull();
  });

  it('is known of one that has no connection', () => {
    const tracker = new EncodePaceTracker();
    tracker.update(encode(0), () => null, 0);
    expect(tracker.update(encode(400), () => null, 1_000)).toEqual({ overMs: 1_000, writtenMs: 400 });
  });

  it('begins anew where nobody looked for long', () => {
    const tracker = new EncodePaceTracker();
    tracker.update(encode(0), () => false, 0);
    tracker.update(encode(400), () => false, 20_000);
    expect(tracker.update(encode(700), () => false, 21_000)).toEqual({ overMs: 0, writtenMs: 0 });
  });
});

function itemRecord(): Extract<PlayoutRun['record'], { kind: 'item' }> {
  const { record } = encode(0);
  if (record?.kind !== 'item') throw new Error('no item');
  return record;
}
