import { describe, expect, it } from 'vitest';
import type { Movement } from '../../../src/observe/processes/io.ts';
import { currentOf, withFlow } from '../../../src/observe/runs/progress.ts';
import type { Progress } from '../../../src/reconcile/model/run.ts';

/** What a file said that told something new the last time at 20 s. */
const told: Progress = {
  outTimeMs: 60_000,
  totalBytes: 30_000_000,
  advancedAtMs: 20_000,
  firstAtMs: 1_000,
  ended: false,
};
const movedFrom = (sinceMs: number, lastAtMs: number): Movement => ({ firstAtMs: 1_000, sinceMs, lastAtMs });

describe('a progress file that stands still', () => {
  it.each([
    ['for less than 3 s', movedFrom(1_000, 22_999)],
    ['because no bytes move', movedFrom(1_000, 20_400)],
    ['and whose run, held back for 13 s, has moved bytes this moment', movedFrom(33_000, 33_000)],
    ['and whose run, held back for 13 s, has moved bytes for less than 3 s', movedFrom(33_000, 35_900)],
    ['and nothing is known of its bytes', null],
  ])('%s counts', (_what, movement) => {
    expect(currentOf(told, movement)).toBe(told);
  });

  it.each([
    ['while bytes moved for 3 s', movedFrom(1_000, 23_000)],
    ['while bytes moved for 3 s, after a pause', movedFrom(33_000, 36_000)],
  ])('%s does not count', (_what, movement) => {
    expect(currentOf(told, movement)).toBeNull();
  });

  it('leaves the place in an item to the bytes only where it does not count', () => {
    const flow = { hasFile: true, bytes: 40_000_000, ageMs: 90_000, rateKbps: 4_000 };
    expect(withFlow(told, { ...flow, movement: movedFrom(33_000, 33_000) })).toEqual({ ...told, advancedAtMs: 33_000 });
    expect(withFlow(told, { ...flow, movement: movedFrom(1_000, 33_000) })).toEqual({
      ...told,
      advancedAtMs: 33_000,
      outTimeMs: 80_000,
    });
  });
});
