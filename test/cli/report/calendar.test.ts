import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Calendar, calendarOf, plusDays } from '../../../src/cli/report/calendar.ts';
import { parseSince } from '../../../src/cli/report/since.ts';
import { clippedTo, type Span, within } from '../../../src/history/timeline.ts';

const HOUR_MS = 3_600_000;

/** Clocks that change at night, at midnight, by half an hour, or never; both sides of the date line. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/Havana',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Africa/Cairo',
];

function zone(name: string): Calendar {
  const calendar = calendarOf(name);
  if (calendar === null) throw new Error(`no zone ${name}`);
  return calendar;
}

describe('the days of a time zone', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
    ['Europe/Berlin', '2026-07-01', '2026-06-30T22:00:00.000Z', 24],
    ['UTC', '2026-03-29', '2026-03-29T00:00:00.000Z', 24],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00:00.000Z', 24.5],
    // Clocks went from 0:00 to 1:00: the day began at one.
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z', 23],
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00.000Z', 24],
    ['Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00.000Z', 24],
  ])('%s has a %s that begins at %s and lasts %d h', (name, date, start, hours) => {
    const calendar = zone(name);
    expect(new Date(calendar.startOf(date)).toISOString()).toBe(start);
    expect((calendar.startOf(plusDays(date, 1)) - calendar.startOf(date)) / HOUR_MS).toBe(hours);
  });

  it('leaves out the date that Samoa never had', () => {
    const calendar = zone('Pacific/Apia');
    const span = { fromMs: Date.UTC(2011, 11, 29, 12), toMs: Date.UTC(2011, 11, 31, 12) };
    expect(calendar.daysOf(span).map(({ date }) => date)).toEqual(['2011-12-29', '2011-12-31', '2012-01-01']);
  });

  it('shows a moment as its clocks do', () => {
    expect(zone('Europe/Berlin').timeOf(Date.UTC(2026, 6, 1, 22, 5, 7))).toBe('2026-07-02 00:05:07');
    expect(calendarOf('Mars/Olympus')).toBeNull();
    expect(calendarOf('+02:00')).toBeNull();
  });

  const spanArb = fc
    .tuple(
      fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2035, 0) }),
      fc.integer({ min: 1, max: 40 * 24 * HOUR_MS }),
    )
    .map(([fromMs, lengthMs]): Span => ({ fromMs, toMs: fromMs + lengthMs }));

  it('cover any span without hole or overlap, and every moment has the date of its day', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        spanArb,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (name, span, share) => {
          const calendar = zone(name);
          const days = calendar.daysOf(span);
          expect(days[0]?.fromMs).toBeLessThanOrEqual(span.fromMs);
          expect(days.at(-1)?.toMs).toBeGreaterThanOrEqual(span.toMs);
          days.forEach((day, index) => {
            if (index > 0) expect(day.fromMs).toBe(days[index - 1]?.toMs);
            expect(day.toMs - day.fromMs).toBeGreaterThanOrEqual(22 * HOUR_MS);
            expect(day.toMs - day.fromMs).toBeLessThanOrEqual(26 * HOUR_MS);
            expect(calendar.dateOf(day.fromMs)).toBe(day.date);
          });
          const moment = Math.floor(span.fromMs + share * (span.toMs - span.fromMs - 1));
          const found = days.find(({ fromMs, toMs }) => fromMs <= moment && moment < toMs);
          // St. John's set its clocks at one minute past midnight until 2011, so that a date came twice.
          if (name !== 'America/St_Johns') expect(found?.date).toBe(calendar.dateOf(moment));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('share out all the time on air, and no more', () => {
    const stretchesArb = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 30 * HOUR_MS }), fc.integer({ min: 1, max: 30 * HOUR_MS })),
      { maxLength: 15 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), spanArb, stretchesArb, (name, span, lengths) => {
        let atMs = span.fromMs - 24 * HOUR_MS;
        const stretches = lengths.map(([offMs, onMs]): Span => {
          const fromMs = atMs + offMs;
          atMs = fromMs + onMs;
          return { fromMs, toMs: atMs };
        });
        const clipped = clippedTo(stretches, span);
        const days = zone(name).daysOf(span);
        const perDay = days.map((day) => within(clipped, day));
        expect(perDay.reduce((sum, ms) => sum + ms, 0)).toBe(within(stretches, span));
        perDay.forEach((ms, index) => {
          const day = days[index];
          expect(ms).toBeLessThanOrEqual((day?.toMs ?? 0) - (day?.fromMs ?? 0));
        });
      }),
      { numRuns: 150 },
    );
  });
});

describe('--since', () => {
  const berlin = zone('Europe/Berlin');
  const NOW_MS = Date.UTC(2026, 2, 30, 10);
  const since = (text: string): string => {
    const parsed = parseSince(text, berlin, NOW_MS);
    return parsed.kind === 'ok' ? new Date(parsed.fromMs).toISOString() : parsed.message;
  };

  it.each([
    ['12h', '2026-03-29T22:00:00.000Z'],
    ['1d', '2026-03-29T22:00:00.000Z'],
    // Over the night on which the clocks were set.
    ['2d', '2026-03-28T23:00:00.000Z'],
    ['2w', '2026-03-16T23:00:00.000Z'],
    ['2026-03-01', '2026-02-28T23:00:00.000Z'],
  ])('%s begins at %s', (text, start) => {
    expect(since(text)).toBe(start);
  });

  it.each([
    ['0d', 'nothing is that young'],
    ['9999d', 'ten years are the most'],
    ['1990-01-01', 'ten years are the most'],
    ['2026-04-01', 'is still to come'],
    ['2026-02-30', 'found "2026-02-30"'],
    ['-3d', 'found "-3d"'],
    ['yesterday', 'found "yesterday"'],
    ['7', 'found "7"'],
    ['1.5d', 'found "1.5d"'],
  ])('refuses %s in one line that says what is accepted', (text, why) => {
    expect(since(text)).toContain(why);
    expect(since(text)).toMatch(/^--since: [^\n]*accepted: 12h, 7d, 2w, or a date/);
  });
});
