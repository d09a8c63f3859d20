import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNaturally } from '../../src/store/key-order.ts';

const sorted = (keys: readonly string[]): string[] => [...keys].sort(compareNaturally);
const keyLike = fc.string({ unit: fc.constantFrom('0', '1', '9', 'a', 'B', '/', '.', 'ü', '-') });

describe('compareNaturally', () => {
  it('puts 2 before 10', () => {
    expect(sorted(['10.mp4', '2.mp4', '1.mp4'])).toEqual(['1.mp4', '2.mp4', '10.mp4']);
  });

  it('orders every number in a key', () => {
    expect(sorted(['s2e10', 's10e1', 's2e9'])).toEqual(['s2e9', 's2e10', 's10e1']);
  });

  it('compares numbers of any length without losing digits', () => {
    expect(sorted(['90071992547409931', '90071992547409930'])).toEqual(['90071992547409930', '90071992547409931']);
  });

  it('keeps differently padded equal numbers apart', () => {
    expect(compareNaturally('01.mp4', '1.mp4')).not.toBe(0);
    expect(sorted(['1b', '01a'])).toEqual(['01a', '1b']);
  });

  it('is a total order', () => {
    fc.assert(
      fc.property(keyLike, keyLike, keyLike, (a, b, c) => {
        expect(Math.sign(compareNaturally(a, b)) + Math.sign(compareNaturally(b, a))).toBe(0);
        expect(compareNaturally(a, b) === 0).toBe(a === b);
        const [first, second, third] = sorted([a, b, c]) as [string, string, string];
        expect(compareNaturally(first, second)).toBeLessThanOrEqual(0);
        expect(compareNaturally(second, third)).toBeLessThanOrEqual(0);
        expect(compareNaturally(first, third)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
