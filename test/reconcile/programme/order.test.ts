import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cursor, Programme } from '../../../src/reconcile/model/programme.ts';
import { firstCursor, locate, nextCursor } from '../../../src/reconcile/programme/cursor.ts';
import { orderOfRound } from '../../../src/reconcile/programme/order.ts';

const programme = (keys: readonly string[], order: Programme['order'] = 'listed', seed = 'seed'): Programme => ({
  keys,
  order,
  seed,
});

/** The first `count` places, one after the other. */
function* walk(played: Programme, count: number): Generator<Cursor> {
  let cursor = firstCursor(played);
  for (let step = 0; step < count && cursor !== null; step++) {
    yield cursor;
    cursor = nextCursor(played, cursor);
  }
}

const distinct = (minLength: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength, maxLength: 12 });

describe('a listed programme', () => {
  it('plays its keys in order, round after round', () => {
    expect([...walk(programme(['a', 'b', 'c']), 7)].map(({ key, round, index }) => `${key}${round}.${index}`)).toEqual([
      'a0.0',
      'b0.1',
      'c0.2',
      'a1.0',
      'b1.1',
      'c1.2',
      'a2.0',
    ]);
  });

  it('repeats its only key', () => {
    expect([...walk(programme(['a']), 3)].map(({ key, round }) => `${key}${round}`)).toEqual(['a0', 'a1', 'a2']);
  });

  it('plays a key as often as it is listed', () => {
    expect([...walk(programme(['a', 'a', 'b']), 6)].map(({ key }) => key).join('')).toBe('aabaab');
  });

  it('has no place when it is empty', () => {
    expect(firstCursor(programme([]))).toBeNull();
    expect(nextCursor(programme([]), { round: 0, index: 0, key: 'a', offsetMs: 0 })).toBeNull();
  });
});

describe('a shuffled programme', () => {
  it('plays every key once a round, and the same way for every daemon of one state directory', () => {
    fc.assert(
      fc.property(distinct(1), fc.nat(50), (keys, round) => {
        const order = orderOfRound(programme(keys, 'shuffled'), round);
        expect([...order].sort()).toEqual([...keys].sort());
        expect(orderOfRound(programme([...keys], 'shuffled'), round)).toEqual(order);
      }),
    );
  });

  it('never plays the same key twice in a row, not even from one round to the next', () => {
    fc.assert(
      fc.property(distinct(2), fc.string(), (keys, seed) => {
        const played = [...walk(programme(keys, 'shuffled', seed), keys.length * 6)].map(({ key }) => key);
        for (const [at, key] of played.entries()) if (at > 0) expect(key).not.toBe(played[at - 1]);
      }),
    );
  });

  it('never plays a key twice in a row within a round, even one that is listed twice', () => {
    const played = programme(['a', 'a', 'b', 'c'], 'shuffled');
    const rounds = Array.from({ length: 50 }, (_, round) => orderOfRound(played, round).join(''));
    expect(rounds.filter((order) => order.includes('aa'))).toEqual([]);
  });

  it('is another order in other rounds and for other seeds', () => {
    const keys = Array.from({ length: 12 }, (_, nth) => `item ${nth}`);
    const orders = [0, 1, 2].map((round) => orderOfRound(programme(keys, 'shuffled'), round).join());
    expect(new Set([...orders, orderOfRound(programme(keys, 'shuffled', 'other'), 0).join()]).size).toBe(4);
  });

  it('keeps the others in their order when one more key is added', () => {
    const keys = Array.from({ length: 20 }, (_, nth) => `item ${nth}`);
    const before = orderOfRound(programme(keys, 'shuffled'), 0);
    const afterwards = orderOfRound(programme([...keys, 'one more'], 'shuffled'), 0);
    expect(afterwards.filter((key) => key !== 'one more')).toEqual(before);
  });
});

describe('an edited programme', () => {
  const at = (key: string, index: number): Cursor => ({ round: 2, index, key, offsetMs: 7_000 });

  it('keeps the place of the key on air, wherever it moved', () => {
    expect(locate(programme(['x', 'a', 'b']), at('a', 0))).toEqual(at('a', 1));
    expect(nextCursor(programme(['x', 'a', 'b']), at('a', 0))).toMatchObject({ key: 'b', index: 2, round: 2 });
  });

  it('takes the nearest of several places', () => {
    expect(locate(programme(['a', 'x', 'y', 'z', 'a']), at('a', 3))).toMatchObject({ index: 4 });
  });

  it('knows no place of a key that is gone, and goes on where it was', () => {
    expect(locate(programme(['x', 'y', 'z']), at('a', 1))).toBeNull();
    expect(nextCursor(programme(['x', 'y', 'z']), at('a', 1))).toMatchObject({ key: 'y', index: 1, round: 2 });
    expect(nextCursor(programme(['x']), at('a', 5))).toMatchObject({ key: 'x', index: 0 });
  });
});

describe('ten thousand keys', () => {
  const keys = Array.from({ length: 10_000 }, (_, nth) => `loops/${nth}.mp4`);

  it.each(['listed', 'shuffled'] as const)('are walked through once in a %s round', (order) => {
    const seen = new Set<string>();
    for (const { key, round } of walk(programme(keys, order), keys.length)) {
      expect(round).toBe(0);
      seen.add(key);
    }
    expect(seen.size).toBe(keys.length);
  });

  it('are asked for again without being sorted again', () => {
    const played = programme(keys, 'shuffled');
    expect(orderOfRound(played, 3)).toBe(orderOfRound({ ...played }, 3));
  });
});
