import { describe, expect, it } from 'vitest';
import { StreamsRecorder, streamsSample } from '../../../src/observe/runs/streams-recorder.ts';
import type { StreamsSample } from '../../../src/reconcile/model/run.ts';

const sampleAt = (atMs: number, holderRunId: string | null = 'p1'): StreamsSample => ({
  atMs,
  pictures: atMs * 0.03,
  outTimeMs: atMs,
  sentBytes: atMs * 100,
  readBytes: atMs * 110,
  holderRunId,
});

describe('what is remembered of an uplink’s streams', () => {
  it('is a look every half second, however often somebody looks, and bounded', () => {
    const recorder = new StreamsRecorder();
    for (let atMs = 0; atMs < 60_000; atMs += 100) recorder.update(sampleAt(atMs), atMs);
    const samples = recorder.update(null, 60_000)?.samples ?? [];
    expect(samples).toHaveLength(32);
    expect((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)).toBeGreaterThan(10_000);
  });

  it('knows what had been read when the gate changed hands', () => {
    const recorder = new StreamsRecorder();
    recorder.update(sampleAt(1_000), 1_000);
    recorder.update(sampleAt(2_000, 'p2'), 2_000);
    expect(recorder.update(sampleAt(3_000, 'p2'), 3_000)?.holderSinceBytes).toBe(220_000);
  });

  it('stays where nothing new was told, and is nothing once that has been so for long', () => {
    const recorder = new StreamsRecorder();
    recorder.update(sampleAt(1_000), 1_000);
    expect(recorder.update(null, 3_000)?.samples).toEqual([sampleAt(1_000)]);
    expect(recorder.update(null, 6_000)).toBeNull();
  });

  it('begins anew where nobody looked for a while', () => {
    const recorder = new StreamsRecorder();
    recorder.update(sampleAt(1_000), 1_000);
    const samples = [sampleAt(9_000)];
    expect(recorder.update(sampleAt(9_000), 9_000)).toEqual({ samples, holderSinceBytes: 990_000 });
  });
});

describe('one look', () => {
  const block = { outTimeMs: 60_000, totalBytes: 6_000_000, pictures: 1_800, ended: false };

  it('tells what the block that is new says, and what was read', () => {
    const counts = { pictures: 1_800, outTimeMs: 60_000, sentBytes: 6_000_000, readBytes: 7_000_000 };
    expect(streamsSample(block, 7_000_000, 'p1', 5)).toEqual({ atMs: 5, ...counts, holderRunId: 'p1' });
  });

  it.each([
    ['where no block is new, as on a full disk', null, 1],
    ['where what was read cannot be seen', block, null],
    ['before the first picture', { ...block, pictures: null }, 1],
    ['before the first packet', { ...block, outTimeMs: null }, 1],
  ] as const)('tells nothing %s', (_where, news, readBytes) => {
    expect(streamsSample(news, readBytes, 'p1', 5)).toBeNull();
  });
});
