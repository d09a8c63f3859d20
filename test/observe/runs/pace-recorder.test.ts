import { describe, expect, it } from 'vitest';
import { PaceRecorder, paceSample } from '../../../src/observe/runs/pace-recorder.ts';
import { absent, known, unknown } from '../../../src/reconcile/model/observed.ts';
import type { PaceSample, Progress } from '../../../src/reconcile/model/run.ts';

const sampleAt = (atMs: number): PaceSample => ({
  atMs,
  outTimeMs: atMs,
  totalBytes: atMs * 400,
  queuedBytes: 0,
  flow: 'held',
  hasReadAll: null,
});

describe('what is remembered of an uplink’s pace', () => {
  it('is a look about every second, however often somebody looks', () => {
    const recorder = new PaceRecorder();
    for (let atMs = 0; atMs < 9_950; atMs += 150) recorder.update(sampleAt(atMs));
    expect(recorder.update(sampleAt(10_000))?.recent.length).toBeGreaterThan(8);
    expect(recorder.update(sampleAt(10_001))?.recent.length).toBeLessThan(13);
  });

  it('is bounded, and keeps the first look', () => {
    const recorder = new PaceRecorder();
    for (let atMs = 0; atMs < 1_000_000; atMs += 1_000) recorder.update(sampleAt(atMs));
    const history = recorder.update(sampleAt(1_000_000));
    expect(history?.recent.length).toBe(61);
    expect(history?.first.atMs).toBe(0);
  });

  it.each([
    ['nothing can be told for a moment', (recorder: PaceRecorder) => recorder.update(null)],
    ['nobody looked for 11 s', () => undefined],
  ])('begins anew where %s', (_what, happens) => {
    const recorder = new PaceRecorder();
    recorder.update(sampleAt(1_000));
    happens(recorder);
    expect(recorder.update(sampleAt(12_000))).toEqual({ first: sampleAt(12_000), recent: [sampleAt(12_000)] });
  });
});

describe('one look', () => {
  const told: Progress = {
    outTimeMs: 60_000,
    totalBytes: 24_000_000,
    advancedAtMs: 9_900,
    firstAtMs: 100,
    ended: false,
  };
  const sendQueue = known({ queuedBytes: 700, unackedMs: 0 });
  const moving = { progress: told, sendQueue };

  it('tells media time, bytes, what waits to be acknowledged, and how the playout does', () => {
    expect(paceSample(moving, told, { flow: 'starved', hasReadAll: true }, 10_000)).toEqual({
      atMs: 10_000,
      outTimeMs: 60_000,
      totalBytes: 24_000_000,
      queuedBytes: 700,
      flow: 'starved',
      hasReadAll: true,
    });
  });

  it.each([
    ['before anything was sent', { ...moving, progress: { ...told, firstAtMs: null } }, told],
    ['without a connection', { ...moving, sendQueue: absent }, told],
    ['where its queue could not be read', { ...moving, sendQueue: unknown('EIO') }, told],
    ['without a progress file', moving, null],
    ['on a full disk', { ...moving, progress: { ...told, advancedAtMs: 13_000 } }, told],
  ] as const)('tells nothing %s', (_when, run, file) => {
    expect(paceSample(run, file, { flow: 'held', hasReadAll: null }, 13_100)).toBeNull();
  });
});
