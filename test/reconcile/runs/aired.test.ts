import { describe, expect, it } from 'vitest';
import type { PositionPair } from '../../../src/reconcile/model/memory.ts';
import type { PlayoutRun, UplinkRun } from '../../../src/reconcile/model/run.ts';
import { airedOf } from '../../../src/reconcile/runs/aired.ts';
import { bufferedMs, isFull, reservoirBytes } from '../../../src/reconcile/runs/reservoir.ts';
import { itemAt, playoutRun, uplinkRun } from '../world-builder.ts';

/** What the builder's items write: 3,000 kbit/s of picture, 128 of sound. */
const RATE_KBPS = 3_128;
const bytesOf = (ms: number): number => (ms * RATE_KBPS) / 8;
const PIPES_MS = 503;

/** A run of which so much has been written, and so much of that has left the reservoir. */
function run(outTimeMs: number, passedMs: number): PlayoutRun {
  const bytes = { read: bytesOf(outTimeMs), written: bytesOf(passedMs) };
  const reservoir = { pid: 203, startTicks: 2_012, sizeBytes: reservoirBytes(RATE_KBPS), bytes };
  return playoutRun(itemAt('rain.mp4', 0), { reservoir }, outTimeMs);
}

const uplink = (outTimeMs: number, runId = 'u1'): UplinkRun => {
  const { progress } = uplinkRun();
  return uplinkRun({ runId, progress: progress && { ...progress, outTimeMs } });
};

describe('the reservoir', () => {
  it('holds 20 s of the programme, and as long where its rate is a quarter higher for a while', () => {
    expect((reservoirBytes(RATE_KBPS) * 8) / (RATE_KBPS * 1.25)).toBeCloseTo(20_000, -1);
  });

  it('is neither too small to work with nor larger than a small server has, whatever the rate', () => {
    expect(reservoirBytes(1)).toBeGreaterThan(5 * 4_096);
    expect(reservoirBytes(1_000_000)).toBe(64 * 1024 * 1024);
  });

  it('tells what stands in it, that there is none, and that nobody knows', () => {
    expect(bufferedMs(run(30_000, 12_000))).toBe(18_000);
    expect(bufferedMs({ ...run(30_000, 12_000), reservoir: null })).toBe(0);
    const { reservoir } = run(30_000, 12_000);
    expect(bufferedMs({ ...run(1, 1), reservoir: reservoir && { ...reservoir, bytes: null } })).toBeNull();
  });

  it('is full though its last blocks come and go', () => {
    expect([run(30_000, 5_500), run(30_000, 12_000)].map(({ reservoir }) => reservoir && isFull(reservoir))).toEqual([
      true,
      false,
    ]);
  });
});

describe('how much of a run has reached the uplink', () => {
  it('is nothing while the first of it fills the pipes', () => {
    expect(airedOf(run(20_000, 400), 20_000, null, uplink(50_000), 0)).toEqual({ airedMs: 0, pace: null });
  });

  it('is told by bytes first, and from then on by what the uplink has sent', () => {
    const first = airedOf(run(20_000, 1_500), 20_000, null, uplink(50_000), 0);
    expect(first.airedMs).toBe(1_500 - PIPES_MS);
    const later = airedOf(run(40_000, 22_000), 40_000, first.pace, uplink(70_000), 0);
    expect(later.airedMs).toBe(first.airedMs + 20_000);
  });

  it('is right also where an item keeps to no rate at all', () => {
    const pace: PositionPair = { runId: 'p1', airedMs: 1_000, uplinkRunId: 'u1', uplinkOutMs: 50_000 };
    // A quiet beginning: 10 s of it are as many bytes as 2 s of the rest.
    expect(airedOf(run(25_000, 2_500), 25_000, pace, uplink(59_000), 0).airedMs).toBe(10_000);
  });

  it('begins anew by bytes with another uplink', () => {
    const pace: PositionPair = { runId: 'p1', airedMs: 1_000, uplinkRunId: 'u0', uplinkOutMs: 50_000 };
    expect(airedOf(run(40_000, 22_000), 40_000, pace, uplink(3_000), 0)).toMatchObject({
      airedMs: 22_000 - PIPES_MS,
      pace: { uplinkRunId: 'u1', uplinkOutMs: 3_000 },
    });
  });

  it('stays as it was while there is no uplink', () => {
    const pace: PositionPair = { runId: 'p1', airedMs: 1_000, uplinkRunId: 'u1', uplinkOutMs: 50_000 };
    expect(airedOf(run(40_000, 22_000), 40_000, pace, null, 15_000)).toEqual({ airedMs: 15_000, pace });
  });

  it('is never more than was written, nor far behind it when the uplink tells nothing new', () => {
    const pace: PositionPair = { runId: 'p1', airedMs: 1_000, uplinkRunId: 'u1', uplinkOutMs: 50_000 };
    expect(airedOf(run(10_000, 9_000), 10_000, pace, uplink(90_000), 0).airedMs).toBe(10_000);
    const { airedMs } = airedOf(run(90_000, 70_000), 90_000, pace, uplink(50_000), 0);
    expect(airedMs).toBeGreaterThan(45_000);
  });

  it('is what was written less what stands in the pipes where there is no reservoir', () => {
    expect(airedOf({ ...run(60_000, 1), reservoir: null }, 60_000, null, uplink(9_000), 0)).toEqual({
      airedMs: 60_000 - PIPES_MS,
      pace: null,
    });
  });
});
