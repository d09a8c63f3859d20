import { describe, expect, it } from 'vitest';
import { FlowTracker } from '../../../src/observe/processes/io.ts';
import { PaceRecorder, paceSample } from '../../../src/observe/runs/pace-recorder.ts';
import { currentOf } from '../../../src/observe/runs/progress.ts';
import { absent, known, unknown } from '../../../src/reconcile/model/observed.ts';
import type { PaceHistory, PaceSample, Progress } from '../../../src/reconcile/model/run.ts';
import { paceOf } from '../../../src/reconcile/runs/pace.ts';

const sampleAt = (atMs: number): PaceSample => ({
  atMs,
  outTimeMs: atMs,
  totalBytes: atMs * 400,
  queuedBytes: 0,
  flow: 'held',
  hasReadAll: null,
});

const lookAt = (recorder: PaceRecorder, atMs: number): PaceHistory | null => recorder.update(sampleAt(atMs), atMs);

describe('what is remembered of an uplink’s pace', () => {
  it('is a look about every second, however often somebody looks', () => {
    const recorder = new PaceRecorder();
    for (let atMs = 0; atMs < 9_950; atMs += 150) lookAt(recorder, atMs);
    expect(lookAt(recorder, 10_000)?.recent.length).toBeGreaterThan(8);
    expect(lookAt(recorder, 10_001)?.recent.length).toBeLessThan(13);
  });

  it('is bounded, and keeps the first look', () => {
    const recorder = new PaceRecorder();
    for (let atMs = 0; atMs < 1_000_000; atMs += 1_000) lookAt(recorder, atMs);
    const history = lookAt(recorder, 1_000_000);
    expect(history?.recent.length).toBe(61);
    expect(history?.first.atMs).toBe(0);
  });

  it('stays what it was at a look that tells nothing', () => {
    const recorder = new PaceRecorder();
    const before = lookAt(recorder, 1_000);
    expect(recorder.update(null, 2_000)).toEqual(before);
    expect(lookAt(recorder, 3_000)).toEqual({ first: sampleAt(1_000), recent: [sampleAt(1_000), sampleAt(3_000)] });
  });

  it('is nothing before the first look that tells something', () => {
    const recorder = new PaceRecorder();
    expect(recorder.update(null, 1_000)).toBeNull();
    expect(lookAt(recorder, 2_000)).toEqual({ first: sampleAt(2_000), recent: [sampleAt(2_000)] });
  });

  it.each([
    ['nothing could be told', (recorder: PaceRecorder, atMs: number) => void recorder.update(null, atMs)],
    ['nobody looked', () => undefined],
  ])('begins anew where %s for more than 10 s', (_what, happens) => {
    const recorder = new PaceRecorder();
    lookAt(recorder, 1_000);
    for (let atMs = 2_000; atMs <= 11_000; atMs += 1_000) happens(recorder, atMs);
    expect(lookAt(recorder, 11_001)).toEqual({ first: sampleAt(11_001), recent: [sampleAt(11_001)] });
  });
});

/** What the kernel and its own file show of an uplink. */
interface Shown {
  readonly readBytes: number;
  readonly outTimeMs: number;
  readonly queuedBytes: number;
}

/** Follows an uplink by the functions that the observer uses, and tells its pace. */
function followed() {
  const flow = new FlowTracker();
  const recorder = new PaceRecorder();
  let advancedAtMs = 0;
  let lastOutTimeMs = 0;
  return (nowMs: number, { readBytes, outTimeMs, queuedBytes }: Shown): number | null => {
    if (outTimeMs > lastOutTimeMs) advancedAtMs = nowMs;
    lastOutTimeMs = outTimeMs;
    const told: Progress = { outTimeMs, totalBytes: outTimeMs * 200, advancedAtMs, firstAtMs: 0, ended: false };
    const current = currentOf(told, flow.update(readBytes, nowMs));
    const run = { progress: told, sendQueue: known({ queuedBytes, unackedMs: 0 }) };
    const history = recorder.update(paceSample(run, current, { flow: 'held', hasReadAll: null }, nowMs), nowMs);
    return paceOf(history)?.perSecond ?? null;
  };
}

describe('a line that takes three tenths of the stream', () => {
  it('is watched without a break though FFmpeg, blocked for 4 s at a time, reads on before its file tells of it', () => {
    const paceAt = followed();
    const paces: (number | null)[] = [];
    for (let second = 0; second < 80; second += 1) {
      const blocks = Math.floor(second / 4);
      const shown = {
        readBytes: 12_000_000 + blocks * 262_144,
        outTimeMs: 60_000 + blocks * 1_200,
        queuedBytes: 2_760_000,
      };
      if (second % 4 === 0) paces.push(paceAt(second * 1_000 - 5, { ...shown, outTimeMs: shown.outTimeMs - 1_200 }));
      paces.push(paceAt(second * 1_000, shown));
    }
    const known = paces.slice(paces.findIndex((pace) => pace !== null));
    expect(known.length).toBeGreaterThan(80);
    for (const pace of known) expect(Math.abs((pace ?? 0) - 0.3)).toBeLessThan(0.12);
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
    ['where its file tells nothing of this moment', moving, null],
  ] as const)('tells nothing %s', (_when, run, file) => {
    expect(paceSample(run, file, { flow: 'held', hasReadAll: null }, 13_100)).toBeNull();
  });
});
