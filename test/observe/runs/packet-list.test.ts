import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketList } from '../../../src/observe/runs/packet-list.ts';
import type { SentPackets } from '../../../src/reconcile/model/run.ts';

/** As FFmpeg 5.1 and 7.1 write it. */
const picture = (dtsMs: number, ptsMs: number, isKey = false): string =>
  `0, ${String(dtsMs).padStart(10)}, ${String(ptsMs).padStart(10)},        1,     8236, 0xe5149796${isKey ? '' : ', F=0x0, S=1,        1'}`;
const sound = (dtsMs: number): string => `1, ${dtsMs}, ${dtsMs},     1024,      338, 0x4ac08e49`;
const parameters = (checksum: string): string =>
  `0,         59,         61,        1,       38, ${checksum.repeat(32)}, S=1,        1, ec2d11028766e06ac33648e2f0a67320`;

function seenOf(lines: readonly string[]): SentPackets | null {
  const list = new PacketList();
  for (const line of lines) list.feed(line);
  return list.sent;
}

const steadily = (fromMs: number, toMs: number, gopMs = 2_000): string[] =>
  Array.from({ length: (toMs - fromMs) / 40 }, (_, at) => {
    const ms = fromMs + at * 40;
    return picture(ms - 40, ms, ms % gopMs === 0);
  });

describe('the list of packets', () => {
  it('tells nothing while there is none', () => {
    expect(seenOf(['#tb 0: 1/30', 'frame=30', '0, 1', ''])).toBeNull();
  });

  it('tells how far key frames are apart, before the next has come too', () => {
    expect(seenOf(steadily(0, 6_000))?.keyframeGapS).toBe(2);
    expect(seenOf([...steadily(0, 4_000), ...steadily(4_000, 16_000, 12_000)])?.keyframeGapS).toBeGreaterThan(9);
  });

  it('counts from one key frame to the next as they are shown: decoding times may be guesses', () => {
    const guessed = [picture(-33, 0, true), ...steadily(40, 3_960, 9_999), picture(3_968, 4_000, true)];
    expect(seenOf(guessed)?.keyframeGapS).toBe(4);
  });

  it('tells the longest pause of picture and sound, each by itself', () => {
    const sent = seenOf([
      ...steadily(0, 1_000),
      sound(0),
      sound(23),
      ...steadily(1_800, 2_200),
      sound(46),
      sound(1_446),
    ]);
    expect(sent).toMatchObject({ pictureStepS: 0.84, soundStepS: 1.4 });
  });

  it('tells how many pictures are sent before one they are shown after', () => {
    const shown = [0, 160, 80, 40, 120, 320, 240, 200, 280];
    const inOrder = shown.map((ptsMs, at) => picture(at * 40 - 80, ptsMs, at === 0));
    expect(seenOf(inOrder)?.reorderFrames).toBe(2);
    expect(seenOf(steadily(0, 400))?.reorderFrames).toBe(0);
  });

  it('tells that parameter sets change', () => {
    expect(seenOf([...steadily(0, 80), parameters('a'), parameters('a')])?.parametersChange).toBe(false);
    expect(seenOf([...steadily(0, 80), parameters('a'), parameters('b')])?.parametersChange).toBe(true);
  });

  it('takes what it did not see for nothing', () => {
    const list = new PacketList();
    for (const line of [...steadily(0, 1_000), sound(0)]) list.feed(line);
    list.skip();
    for (const line of [...steadily(60_000, 61_000), sound(60_000)]) list.feed(line);
    expect(list.sent).toMatchObject({ pictureStepS: 0.04, soundStepS: 0 });
    expect(list.sent?.keyframeGapS).toBeLessThan(1);
  });

  it('bears any text', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constant(picture(0, 0)))), (lines) => {
        expect(seenOf(lines)?.parametersChange ?? false).toBe(false);
      }),
    );
  });
});
