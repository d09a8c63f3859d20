import { describe, expect, it } from 'vitest';
import type { PlayoutRun } from '../../../src/reconcile/model/run.ts';
import { endSeenAtWallMs } from '../../../src/reconcile/runs/seen.ts';
import { healthyWorld, itemAt, playoutRun, slateOf, SPEC } from '../world-builder.ts';

const { now, memory: kept } = healthyWorld();
/** So much of the run has been seen. */
const AIRED_MS = 50_000;
const memory = {
  ...kept,
  playouts: { p1: { ...kept.playouts['p1']!, airedMs: AIRED_MS } },
};
const LENGTH_MS = 600_000;

/** A run over a clip that says that it was to be seen from so much later than the clock has it. */
function song(laterMs: number | null, change: Partial<PlayoutRun> = {}): PlayoutRun {
  const run = playoutRun(itemAt('rain.mp4', 0), change);
  const seenAtWallMs = laterMs === null ? undefined : now.wallMs - AIRED_MS + laterMs;
  return run.record?.kind === 'item' ? { ...run, record: { ...run.record, seenAtWallMs } } : run;
}

const inMs = (run: PlayoutRun): number => (endSeenAtWallMs(run, memory, now) ?? Number.NaN) - now.wallMs;

describe('the end of the run on air is expected', () => {
  it('by what it says of its beginning, a tenth of a second nearer to what the clock says', () => {
    expect(inMs(song(1_500))).toBe(LENGTH_MS - AIRED_MS + 1_400);
    expect(inMs(song(-1_500))).toBe(LENGTH_MS - AIRED_MS - 1_400);
    expect(inMs(song(30))).toBe(LENGTH_MS - AIRED_MS);
  });

  it('by what has been seen of it where it says nothing, or was held up', () => {
    expect(inMs(song(null))).toBe(LENGTH_MS - AIRED_MS);
    expect(inMs(song(-11_000))).toBe(LENGTH_MS - AIRED_MS);
  });

  it('where what it has written ends, once its FFmpeg has', () => {
    expect(inMs(song(0, { life: 'draining' }))).toBe(60_000 - AIRED_MS);
  });

  it('at no moment where its length is not told, or it has none', () => {
    const run = song(0);
    const untold = run.record?.kind === 'item' ? { ...run.record, lengthMs: null } : null;
    expect(endSeenAtWallMs({ ...run, record: untold }, memory, now)).toBeNull();
    expect(endSeenAtWallMs(playoutRun(slateOf(SPEC)), memory, now)).toBeNull();
  });
});
