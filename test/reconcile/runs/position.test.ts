import { describe, expect, it } from 'vitest';
import type { ItemRecord } from '../../../src/reconcile/model/run.ts';
import { isComplete } from '../../../src/reconcile/runs/position.ts';
import { recordOf } from '../../../src/reconcile/playout/record.ts';
import { factsOf, playedAs, SETTINGS, SPEC } from '../world-builder.ts';

function recordFor(durationS: number): ItemRecord {
  const cursor = { round: 0, index: 0, key: 'a.mp4', offsetMs: 0 };
  const budget = { urlTtlMs: SETTINGS.urlTtlMs, sole: false };
  const record = recordOf(playedAs(factsOf('a.mp4', { durationS }), SPEC, cursor, budget));
  if (record.kind !== 'item') throw new Error('no item');
  return record;
}

describe('a run has come to its end', () => {
  it.each([
    ['a long item at its end', 600, 600_000, true, true],
    ['a long item whose container rounded', 600, 599_400, true, true],
    ['a long item short of it', 600, 590_000, true, false],
    ['a long item last seen a pass before', 600, 597_000, false, true],
    ['a short item at its end', 3, 2_900, false, true],
    ['a short item whose start failed', 3, 0, false, false],
    ['a short item whose start failed after some frames', 3, 200, false, false],
    ['an item of half a second whose start failed', 0.5, 0, true, false],
    ['an item of half a second', 0.5, 480, true, true],
  ])('%s', (_, durationS, outTimeMs, exact, expected) => {
    expect(isComplete(recordFor(durationS), outTimeMs, true, exact)).toBe(expected);
  });
});
