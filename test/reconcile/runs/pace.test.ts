import { describe, expect, it } from 'vitest';
import { paceOf } from '../../../src/reconcile/runs/pace.ts';
import { paceHistory, type Stretch } from '../pace-history.ts';

const NOW_MS = 5_000_000;
const paceAfter = (...stretches: readonly Stretch[]) => paceOf(paceHistory(NOW_MS, stretches));
/** A line that takes 0.63 of the stream: the queue is filled, the gate waits. */
const thin = (seconds: number, pace = 0.63): Stretch => ({ seconds, pace, queuedBytes: 400_000 });

describe('the pace', () => {
  it('is not known before 10 s of looks', () => {
    expect(paceOf(null)).toBeNull();
    expect(paceAfter({ seconds: 9 })?.perSecond).toBeNull();
    expect(paceAfter({ seconds: 10 })?.perSecond).toBeCloseTo(1);
  });

  it('is that of the last 30 s', () => {
    expect(paceAfter({ seconds: 25 }, { seconds: 30, pace: 0.5 })?.perSecond).toBeCloseTo(0.5);
    expect(paceAfter({ seconds: 20, pace: 0 }, { seconds: 30 })?.perSecond).toBeCloseTo(1);
  });

  it('does not count what the kernel still holds', () => {
    const queued = paceAfter({ seconds: 20 }, { seconds: 10, queuedBytes: 10 * 400_000 });
    expect(queued?.perSecond).toBeCloseTo(20 / 30);
  });

  it('of a line that empties the queue while nothing is written is what it takes, not nothing', () => {
    const { first, recent } = paceHistory(NOW_MS, [{ seconds: 12, pace: 0 }]);
    const emptied = recent.map((sample, second) => ({ ...sample, queuedBytes: (20 - second) * 120_000 }));
    expect(paceOf({ first, recent: emptied })?.perSecond).toBeCloseTo(0.3);
  });
});

describe('an uplink that is held back', () => {
  it.each([
    ['by a line that takes 0.63 of it', [{ seconds: 20 }, thin(20)], 'line'],
    ['by a line that takes 0.93 of it', [{ seconds: 20 }, thin(43, 0.93)], 'line'],
    ['by a line that takes almost all of it, for hours', [thin(1_200, 0.97)], 'line'],
    ['by an input that brings 0.7 of it', [{ seconds: 20 }, { seconds: 20, pace: 0.7, flow: 'starved' }], 'input'],
    ['from its first second', [thin(20)], 'line'],
  ] as const)('%s', (_what, stretches, cause) => {
    expect(paceAfter(...stretches)?.heldBackBy).toBe(cause);
  });

  it('by the store, where whatever came of it was read at most of the looks that could tell', () => {
    const starved: Stretch = { seconds: 20, pace: 0.7, flow: 'starved' };
    const by = (hasReadAll: boolean | null) => paceAfter({ seconds: 20 }, { ...starved, hasReadAll })?.heldBackBy;
    expect([by(true), by(false), by(null)]).toEqual(['store', 'input', 'input']);
    const now = (...read: readonly boolean[]) =>
      paceAfter({ seconds: 20 }, starved, ...read.map((hasReadAll) => ({ ...starved, seconds: 1, hasReadAll })));
    expect(now(true, false, true, true)?.heldBackBy).toBe('store');
    expect(now(true, false, false, true)?.heldBackBy).toBe('input');
  });

  it('is told so within 45 s by whatever it is held back for more than 2 s in 30 s', () => {
    for (const pace of [0, 0.3, 0.6, 0.8, 0.9, 0.93]) {
      expect(paceAfter({ seconds: 20 }, thin(40, pace))?.heldBackBy, `at ${pace}`).toBe('line');
    }
  });

  it('is told until it has caught up, not until the last moment was better', () => {
    expect(paceAfter({ seconds: 20 }, thin(20), thin(2, 1.02))?.heldBackBy).toBe('line');
    expect(paceAfter({ seconds: 20 }, thin(20), { seconds: 2, pace: 5 })?.heldBackBy).toBeNull();
  });
});

describe('no uplink is called held back', () => {
  const calm: Stretch = { seconds: 20 };
  it.each<readonly [string, readonly Stretch[]]>([
    ['while all is well', [{ seconds: 60 }]],
    ['because some bytes are always on their way', [{ seconds: 60, queuedBytes: 80_000 }]],
    ['for an item whose own time stands for 12 s', [calm, { seconds: 12, pace: 0 }, { seconds: 1, pace: 13 }]],
    ['while an item’s own time stands', [calm, { seconds: 12, pace: 0 }]],
    ['for a jump ahead that it then waits out', [calm, { seconds: 1, pace: 13 }, { seconds: 12, pace: 0 }]],
    ['for a swap that takes 3 s', [calm, { seconds: 3, pace: 0, flow: 'starved' }, { seconds: 3, pace: 2 }]],
    ['for a stall of 5 s', [calm, { seconds: 5, pace: 0, queuedBytes: 9_000 }, { seconds: 1, pace: 6 }]],
    ['in its first seconds', [{ seconds: 6, pace: 0.4, queuedBytes: 9_000 }]],
    ['for 1.9 s in 30 s', [calm, { seconds: 38, pace: 0.94, queuedBytes: 9_000 }]],
  ])('%s', (_what, stretches) => {
    expect(paceAfter(...stretches)?.heldBackBy).toBeNull();
  });
});

describe('the lag', () => {
  it('is what has been lost since the first look, however long ago', () => {
    expect(paceAfter({ seconds: 100 }, thin(100, 0.5), { seconds: 100 })?.lagMs).toBeCloseTo(50_000);
  });

  it('is being made up for when the stream goes faster than the clock', () => {
    expect(paceAfter(thin(100, 0.5), { seconds: 1, pace: 4 })?.catchesUp).toBe(false);
    expect(paceAfter(thin(100, 0.5), { seconds: 5, pace: 4 })?.catchesUp).toBe(true);
    expect(paceAfter(thin(100, 0.5), { seconds: 20 })?.catchesUp).toBe(false);
  });
});
