import { describe, expect, it } from 'vitest';
import { RecycleClock } from '../../../src/observe/clock/recycle.ts';
import { cronFault } from '../../../src/observe/desired/schema/cron.ts';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';
import { SPEC } from '../../reconcile/world-builder.ts';

const wish = (recycle: string | null, timezone = 'UTC'): DesiredSpec => ({ ...SPEC, recycle, timezone });

/** Firings that a daemon started at this time sees. */
function firings(spec: DesiredSpec, now: string, clock = new RecycleClock()): readonly string[] {
  const schedule = clock.read(spec, Date.parse(now));
  if (schedule === null) return [];
  return [schedule.nextWallMs, schedule.followingWallMs].map((ms) => new Date(ms).toISOString());
}

const iso = (text: string): string => new Date(text).toISOString();

describe('the next two firings', () => {
  it('are none where no recycling is wished, or nothing is wished at all', () => {
    expect(firings(wish(null), '2026-01-02T03:04:05Z')).toEqual([]);
    expect(new RecycleClock().read(null, Date.now())).toBeNull();
  });

  it.each<readonly [string, string, string, string, readonly [string, string]]>([
    ['daily', '0 4 * * *', 'UTC', '2026-01-02T03:04:05Z', ['2026-01-02T04:00Z', '2026-01-03T04:00Z']],
    [
      'on the last of the month',
      '0 4 L * *',
      'UTC',
      '2026-01-02T03:04:05Z',
      ['2026-01-31T04:00Z', '2026-02-28T04:00Z'],
    ],
    ['by a nickname', '@daily', 'UTC', '2026-01-02T03:04:05Z', ['2026-01-03T00:00Z', '2026-01-04T00:00Z']],
    [
      'on a zone behind',
      '0 22 * * *',
      'Pacific/Honolulu',
      '2026-01-02T03:04Z',
      ['2026-01-02T08:00Z', '2026-01-03T08:00Z'],
    ],
    ['twice a day', '0 4,15 * * *', 'UTC', '2026-01-02T04:00:01Z', ['2026-01-02T15:00Z', '2026-01-03T04:00Z']],
    ['on Mondays', '30 5 * * 1', 'UTC', '2026-01-02T03:04:05Z', ['2026-01-05T05:30Z', '2026-01-12T05:30Z']],
    ['once in four years', '0 0 29 2 *', 'UTC', '2026-01-02T03:04:05Z', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    ['in another zone', '0 4 * * *', 'Asia/Tokyo', '2026-01-02T03:04:05Z', ['2026-01-02T19:00Z', '2026-01-03T19:00Z']],
    [
      'by half an hour off',
      '0 4 * * *',
      'Asia/Kolkata',
      '2026-01-02T03:04:05Z',
      ['2026-01-02T22:30Z', '2026-01-03T22:30Z'],
    ],
    [
      'over the beginning of summer time',
      '0 4 * * *',
      'Europe/Berlin',
      '2026-03-28T02:00:00Z',
      ['2026-03-28T03:00Z', '2026-03-29T02:00Z'],
    ],
    [
      'over the end of summer time',
      '0 4 * * *',
      'Europe/Berlin',
      '2026-10-24T01:00:00Z',
      ['2026-10-24T02:00Z', '2026-10-25T03:00Z'],
    ],
  ])('%s', (_, expression, timezone, now, expected) => {
    expect(firings(wish(expression, timezone), now)).toEqual(expected.map(iso));
  });

  it.each<readonly [string, string, string, string, readonly [string, string]]>([
    [
      'left out: an hour later, as the clock then shows',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T02:00Z',
      ['2026-03-29T01:30Z', '2026-03-30T00:30Z'],
    ],
    [
      'left out in New York',
      '30 2 * * *',
      'America/New_York',
      '2026-03-08T05:00Z',
      ['2026-03-08T07:30Z', '2026-03-09T06:30Z'],
    ],
    [
      'left out at midnight',
      '30 0 * * *',
      'America/Santiago',
      '2026-09-05T12:00Z',
      ['2026-09-06T04:30Z', '2026-09-07T03:30Z'],
    ],
    [
      'left out, half an hour only',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T12:00Z',
      ['2026-10-03T15:45Z', '2026-10-04T15:15Z'],
    ],
    [
      'left out, and the same as another',
      '30 2,3 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:30Z', '2026-03-30T00:30Z'],
    ],
    [
      'had twice: the first time',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    [
      'had twice, and the first is past: not again',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-25T00:30Z',
      ['2026-10-26T01:30Z', '2026-10-27T01:30Z'],
    ],
    [
      'had twice in New York',
      '30 1 * * *',
      'America/New_York',
      '2026-11-01T04:00Z',
      ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
    ],
    [
      'right after what is had twice',
      '0 3 * * *',
      'Europe/Berlin',
      '2026-10-25T00:30Z',
      ['2026-10-25T02:00Z', '2026-10-26T02:00Z'],
    ],
  ])('at a time that a change of clocks makes %s', (_, expression, timezone, now, expected) => {
    expect(firings(wish(expression, timezone), now)).toEqual(expected.map(iso));
  });

  it('stay what they were, asked second by second through a night with a change of clocks', () => {
    for (const [first, due] of [
      ['2026-03-29T01:29:58Z', '2026-03-29T01:30Z'],
      ['2026-10-25T00:29:58Z', '2026-10-25T00:30Z'],
    ] as const) {
      const clock = new RecycleClock();
      const seen = [0, 1, 2, 3].map(
        (second) =>
          firings(
            wish('30 2 * * *', 'Europe/Berlin'),
            new Date(Date.parse(first) + second * 1000).toISOString(),
            clock,
          )[0],
      );
      expect(seen.slice(0, 2)).toEqual([iso(due), iso(due)]);
      expect(Date.parse(seen[2] ?? '') - Date.parse(due)).toBeGreaterThan(22 * 3_600_000);
      expect(seen[3]).toBe(seen[2]);
    }
  });

  it.each(['0 0 30 2 *', '0 0 31 4 *'])(
    'are never asked of %j, a day that never comes: the file is refused, or there are none',
    (expression) => {
      if (cronFault(expression) === null) expect(firings(wish(expression), '2026-01-02T03:04:05Z')).toEqual([]);
    },
  );
});

describe('as time goes by', () => {
  it('the following one becomes the next the moment the next has come', () => {
    const clock = new RecycleClock();
    const spec = wish('0 4 * * *');
    expect(firings(spec, '2026-01-02T03:59:59.999Z', clock)[0]).toBe(iso('2026-01-02T04:00Z'));
    expect(firings(spec, '2026-01-02T04:00:00.500Z', clock)).toEqual([
      iso('2026-01-03T04:00Z'),
      iso('2026-01-04T04:00Z'),
    ]);
  });

  it('a clock set back an hour brings the firing back, one set ahead passes it', () => {
    const clock = new RecycleClock();
    const spec = wish('0 4 * * *');
    firings(spec, '2026-01-02T04:30:00Z', clock);
    expect(firings(spec, '2026-01-02T03:30:00Z', clock)[0]).toBe(iso('2026-01-02T04:00Z'));
    expect(firings(spec, '2026-01-02T05:30:00Z', clock)[0]).toBe(iso('2026-01-03T04:00Z'));
  });

  it('an edited expression or zone counts at once', () => {
    const clock = new RecycleClock();
    const now = '2026-01-02T03:04:05Z';
    expect(firings(wish('0 4 * * *'), now, clock)[0]).toBe(iso('2026-01-02T04:00Z'));
    expect(firings(wish('0 5 * * *'), now, clock)[0]).toBe(iso('2026-01-02T05:00Z'));
    expect(firings(wish('0 5 * * *', 'Asia/Tokyo'), now, clock)[0]).toBe(iso('2026-01-02T20:00Z'));
    expect(firings(wish(null), now, clock)).toEqual([]);
    expect(firings(wish('0 5 * * *', 'Asia/Tokyo'), now, clock)[0]).toBe(iso('2026-01-02T20:00Z'));
  });

  it('a minute that is asked about each second costs one calculation, and leaves no timer', () => {
    const clock = new RecycleClock();
    const schedules = new Set<unknown>();
    for (let second = 0; second < 50; second++) {
      schedules.add(clock.read(wish('0 4 * * *'), Date.UTC(2026, 0, 2, 3, 0, second)));
    }
    expect(schedules.size).toBe(1);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThan(5);
  });
});
