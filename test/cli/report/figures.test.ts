import { describe, expect, it } from 'vitest';
import { calendarOf } from '../../../src/cli/report/calendar.ts';
import { chartLines } from '../../../src/cli/report/chart.ts';
import { type DayFigures, figuresOf, type ReportFigures } from '../../../src/cli/report/figures.ts';
import { reportSvg } from '../../../src/cli/report/svg.ts';
import { percent, reportLines, type ReportTextOptions } from '../../../src/cli/report/text.ts';
import { viewersNeeded, watchHoursOf } from '../../../src/cli/report/watch-hours.ts';
import type { HistoryLine } from '../../../src/history/line.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.UTC(2026, 2, 30, 12);
const GB = 1e9;
const BERLIN = calendarOf('Europe/Berlin') ?? neverMind();

function neverMind(): never {
  throw new Error('no such zone');
}

const line = (hoursAgo: number, event: HistoryLine['event'], more: Partial<HistoryLine> = {}): HistoryLine => ({
  at: new Date(NOW_MS - hoursAgo * HOUR_MS).toISOString(),
  event,
  reason: 'OnAir',
  item: 'loops/rain.mp4',
  ...more,
});

/** Two days: ten hours on air, a recycle, twelve and a half hours on air, an hour of trouble, on air since. */
const LINES: readonly HistoryLine[] = [
  line(48, 'on-air', { sentBytes: 0, fetchedBytes: 0 }),
  line(38, 'off-air', { reason: 'Recycling', sentBytes: 14 * GB, fetchedBytes: 13 * GB }),
  line(37.9, 'on-air', { sentBytes: 0, fetchedBytes: 0 }),
  line(25.4, 'off-air', {
    reason: 'IngestUnreachable',
    why: '<the> ingest & its port',
    sentBytes: 18 * GB,
    fetchedBytes: 17 * GB,
  }),
  line(24.4, 'on-air', { sentBytes: 0, fetchedBytes: 0 }),
  line(0.4, 'still-on-air', { sentBytes: 34 * GB, fetchedBytes: 33 * GB }),
];

function figures(lines = LINES, fromMs = NOW_MS - 30 * DAY_MS): ReportFigures {
  const found = figuresOf({ lines, fromMs, nowMs: NOW_MS, openUntilMs: NOW_MS, calendar: BERLIN });
  if (found === null) throw new Error('nothing to report');
  return found;
}
const text = (options: Partial<ReportTextOptions> = {}, of = figures()): string[] =>
  reportLines(of, { calendar: BERLIN, width: 80, viewers: null, budgetGb: null, youtube: [], ...options });
const dayOf = (change: Partial<DayFigures>): DayFigures => ({
  date: '2026-03-29',
  fromMs: 0,
  toMs: DAY_MS,
  onAirMs: 0,
  coveredMs: DAY_MS,
  ...change,
});

describe('the figures of a report', () => {
  it('begin where the history does, and share the time on air out over the days', () => {
    const { span, historySinceMs, days, onAirMs, plannedOffMs } = figures();
    expect(span.fromMs).toBe(NOW_MS - 48 * HOUR_MS);
    expect(historySinceMs).toBe(span.fromMs);
    expect(days.map(({ date, toMs, fromMs }) => `${date} ${String((toMs - fromMs) / HOUR_MS)}`)).toEqual([
      '2026-03-28 24',
      '2026-03-29 23',
      '2026-03-30 24',
    ]);
    expect(days.reduce((sum, day) => sum + day.onAirMs, 0)).toBeCloseTo(onAirMs, 3);
    expect(onAirMs / HOUR_MS).toBeCloseTo(46.9, 6);
    expect(plannedOffMs / HOUR_MS).toBeCloseTo(0.1, 6);
  });

  it('tell which hours can count', () => {
    const { broadcasts, countableMs, tooLongMs, runningMs } = figures();
    expect(broadcasts.map(({ fate }) => fate)).toEqual(['video', 'tooLong', 'tooLong']);
    expect([countableMs, tooLongMs, runningMs].map((ms) => Math.round(ms / HOUR_MS))).toEqual([10, 37, 0]);
  });

  it('take a broadcast that began before the report for as long as it was', () => {
    const late = figures(LINES, NOW_MS - 26 * HOUR_MS);
    expect(late.broadcasts[0]).toMatchObject({ fate: 'tooLong' });
    expect(Math.round(late.tooLongMs / HOUR_MS)).toBe(25);
  });

  it('count traffic, and tell a month by it', () => {
    const { traffic } = figures();
    expect(traffic).toMatchObject({ sentBytes: 66 * GB, fetchedBytes: 63 * GB });
    expect(traffic.countedMs / HOUR_MS).toBeCloseTo(47.6, 6);
    expect((traffic.month?.sentBytes ?? 0) / GB).toBeCloseTo((66 / 47.6) * 720, 3);
  });

  it('tell no month by an hour, and no traffic by lines that have none', () => {
    const short = [
      line(1, 'on-air', { sentBytes: 0, fetchedBytes: 0 }),
      line(0, 'still-on-air', { sentBytes: 9, fetchedBytes: 9 }),
    ];
    expect(figures(short).traffic).toMatchObject({ month: null, sentBytes: 9 });
    expect(figures([line(10, 'on-air')]).traffic).toMatchObject({ countedMs: 0, month: null });
  });

  it('are none of a history that is empty or all to come', () => {
    const of = (lines: readonly HistoryLine[]): unknown =>
      figuresOf({ lines, fromMs: 0, nowMs: NOW_MS, openUntilMs: NOW_MS, calendar: BERLIN });
    expect(of([])).toBeNull();
    expect(of([line(-5, 'on-air')])).toBeNull();
  });
});

describe('the arithmetic of watch hours', () => {
  it('is hours on air times viewers, and a year of it', () => {
    const tenDays = { onAirMs: 240 * HOUR_MS, countableMs: 200 * HOUR_MS, spanMs: 10 * DAY_MS };
    expect(watchHoursOf(tenDays, 2)).toEqual([
      { viewers: 2, watched: 480, counted: 400, perYear: 17_520, daysNeeded: 84 },
    ]);
    expect(watchHoursOf(tenDays, null).map(({ viewers }) => viewers)).toEqual([1, 5, 10]);
    expect(viewersNeeded(tenDays.onAirMs, tenDays.spanMs)).toBeCloseTo(4_000 / 8_760, 6);
  });

  it('says where a year is not enough, or nothing was on air', () => {
    const little = { onAirMs: HOUR_MS, countableMs: 0, spanMs: 10 * DAY_MS };
    expect(watchHoursOf(little, 1)).toMatchObject([{ daysNeeded: null }]);
    expect(watchHoursOf({ ...little, onAirMs: 0 }, 1)).toMatchObject([{ watched: 0, daysNeeded: null }]);
    expect(viewersNeeded(0, 10 * DAY_MS)).toBeNull();
  });
});

describe('the report for people', () => {
  it('tells it all in few lines', () => {
    expect(text({ budgetGb: 1_500 }).join('\n')).toMatchInlineSnapshot(`
      "2026-03-28 13:00:00 to 2026-03-30 14:00:00 (Europe/Berlin); nothing is known
      from before

      2026-03-28  #####################.                            10.9 h
      2026-03-29  #############################################...  22.0 h
      2026-03-30  ############################                      14.0 h

      on air      46.9 h of 48.0 h: 97.70 %; of the time wished 97.91 %
      planned off 1, 6 min 0 s in all
      interrupted 1, 1 h 0 min in all:
        2026-03-29 12:36:00  1 h 0 min     IngestUnreachable: <the> ingest & its port
      broadcasts  1 under 12 h (10.0 h), which can count; 2 too long to become a video
                  (36.9 h; begun 2026-03-28 23:06:00, 12.5 h; 2026-03-29 13:36:00,
                  24.4 h)
      traffic     66.0 GB sent, about 63.0 GB fetched, in 1 d 23 h
      a month     at this pace 998 GB sent and about 953 GB fetched in 30 d
      budget      1,500 GB: sent 67 %, both 131 %; over it if both directions are
                  billed
      watch hours 4,000 within 365 d are wanted: with this much on air it takes 0.5
                  viewers on average
        viewers    so far  can count    a year   4,000 in
              1        47         10     8,559      171 d
              5       235         50    42,796       35 d
             10       469        100    85,593       18 d
      Only hours of public broadcasts under 12 h that became a video count."
    `);
  });

  it('fits a narrow terminal, the hours of every day with it', () => {
    for (const width of [40, 55, 120]) {
      const lines = text({ width, budgetGb: 1_500 });
      expect(Math.max(...lines.map((each) => each.length))).toBeLessThanOrEqual(width);
    }
    expect(text({ width: 40 }).filter((each) => each.endsWith(' h') && each.startsWith('2026-03-2'))).toHaveLength(2);
  });

  it('reckons with the viewers it is given', () => {
    const rows = text({ viewers: 3.5 }).filter((each) => /^ +3\.5 /.test(each));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatch(/^ +3\.5 +164 +35 +\d/);
  });

  it.each([
    [5_000, 'within it'],
    [1_500, 'over it if both directions are billed'],
    [500, 'over it'],
  ])('measures the traffic against a budget of %d GB', (budgetGb, verdict) => {
    expect(text({ budgetGb, width: 200 }).find((each) => each.startsWith('budget'))).toMatch(
      new RegExp(`; ${verdict}$`),
    );
  });

  it('never rounds up to a hundred per cent', () => {
    expect(percent(999_999, 1_000_000)).toBe('99.99 %');
    expect(percent(7, 7)).toBe('100 %');
    expect(percent(0, 0)).toBe('0 %');
  });
});

describe('the chart', () => {
  it.each([
    ['a whole day', dayOf({ onAirMs: DAY_MS }), '2026-03-29  ####################  24.0 h'],
    [
      'a day of 23 hours',
      dayOf({ toMs: 23 * HOUR_MS, onAirMs: 23 * HOUR_MS, coveredMs: 23 * HOUR_MS }),
      '2026-03-29  ####################  23.0 h',
    ],
    ['an interruption', dayOf({ onAirMs: DAY_MS - 60_000 }), '2026-03-29  ###################.  24.0 h'],
    ['a minute on air', dayOf({ onAirMs: 60_000 }), '2026-03-29  #...................   0.0 h'],
    [
      'a day that has just begun',
      dayOf({ onAirMs: 6 * HOUR_MS, coveredMs: 6 * HOUR_MS }),
      '2026-03-29  #####                  6.0 h',
    ],
  ])('shows %s', (_what, day, expected) => {
    expect(chartLines([day], 40)).toEqual([expected]);
  });

  it('puts days together where they are too many', () => {
    const days = Array.from({ length: 365 }, () => dayOf({ onAirMs: 12 * HOUR_MS }));
    const lines = chartLines(days, 80);
    expect(lines.length).toBeLessThanOrEqual(63);
    expect(lines.at(-1)).toBe('each row has 6 days, and their mean');
    expect(lines[0]).toMatch(/ 12\.0 h$/);
  });
});

/** Elements that are opened and not closed again, or closed without having been open. */
function openTags(xml: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', empty] of xml.matchAll(/<(\/?)(\w+)(?:\s[\w:-]+="[^"<]*")*\s*(\/?)>|</g)) {
    if (slash === '/' && open.at(-1) === name) open.pop();
    else if (empty !== '/') open.push(name === '' ? '<' : name);
  }
  return open;
}

describe('the picture', () => {
  it('is well-formed, self-contained, and shows every interruption', () => {
    const svg = reportSvg(figures(), BERLIN);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" role="img" viewBox="0 0 720 392"/);
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|<image|@import|url\(/);
    expect(svg.match(/fill="#c62828"/g)).toHaveLength(2);
    expect(svg).toContain('>2026-03-28<');
    expect(openTags(svg)).toEqual([]);
    expect(svg).not.toContain('NaN');
  });

  it('is bounded, however much happened', () => {
    const wild = Array.from({ length: 20_000 }, (_, n) =>
      line(40 - n / 600, n % 2 === 0 ? 'on-air' : 'off-air', { reason: 'UplinkFailed' }),
    );
    expect(reportSvg(figures(wild), BERLIN).length).toBeLessThan(200_000);
  });
});
