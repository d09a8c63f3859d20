import { describe, expect, it } from 'vitest';
import { clockOf } from '../../src/text/zone.ts';

describe('the clocks of a zone', () => {
  it.each([
    ['UTC', '2026-03-29T00:00:00.999Z', '2026-03-29 00:00:00'],
    ['Europe/Berlin', '2026-03-29T00:59:59Z', '2026-03-29 01:59:59'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026-03-29 03:00:00'],
    ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25 02:30:00'],
    ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25 02:30:00'],
    ['America/Los_Angeles', '2026-01-01T07:59:59Z', '2025-12-31 23:59:59'],
    ['Asia/Kathmandu', '2026-01-01T18:15:00Z', '2026-01-02 00:00:00'],
    ['UTC', '1970-01-01T00:00:00Z', '1970-01-01 00:00:00'],
  ])('of %s show at %s %s', (zone, at, shown) => {
    expect(clockOf(zone)(Date.parse(at))).toBe(shown);
  });

  it('are refused where there is no such zone, and not before they are asked', () => {
    const clock = clockOf('Mars/Olympus');
    expect(() => clock(0)).toThrow(RangeError);
  });
});
