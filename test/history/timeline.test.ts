import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastsOf } from '../../src/history/broadcasts.ts';
import { type HistoryLine, metered } from '../../src/history/line.ts';
import { merged, type Span, timelineOf, within } from '../../src/history/timeline.ts';

const DAY = Date.UTC(2026, 2, 2);
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const at = (time: string): number => DAY + Number(time.slice(0, 2)) * HOUR_MS + Number(time.slice(3)) * MINUTE_MS;
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

/** A line of an earlier version. */
const old = (time: string, event: HistoryLine['event'], reason = 'OnAir'): HistoryLine => ({
  at: new Date(at(time)).toISOString(),
  event,
  reason,
  item: null,
});
/** A line with all it has, `upMinutes` after this boot. */
const line = (
  time: string,
  event: HistoryLine['event'],
  upMinutes: number,
  more: Partial<HistoryLine> = {},
): HistoryLine => ({ ...old(time, event), boot: 'b1', uptimeMs: upMinutes * MINUTE_MS, ...more });

const stretchesOf = (lines: readonly HistoryLine[], open = '23:00', now = '23:00'): string[] =>
  timelineOf(lines, at(open), at(now)).stretches.map(({ fromMs, toMs }) => `${clock(fromMs)}-${clock(toMs)}`);
const gapsOf = (lines: readonly HistoryLine[], open = '23:00', now = '23:00'): string[] =>
  timelineOf(lines, at(open), at(now)).gaps.map(
    ({ fromMs, toMs, reason, planned }) => `${clock(fromMs)}-${clock(toMs)} ${reason}${planned ? ' planned' : ''}`,
  );

describe('the time on air', () => {
  it('is from a line to the one that ends it, lines of a daemon that adopts among them', () => {
    const lines = [old('01:00', 'on-air'), old('02:00', 'on-air'), old('03:00', 'off-air', 'UplinkFailed')];
    expect(stretchesOf([...lines, old('04:00', 'on-air')])).toEqual(['01:00-03:00', '04:00-23:00']);
    expect(gapsOf([...lines, old('04:00', 'on-air')])).toEqual(['03:00-04:00 UplinkFailed']);
  });

  it('goes on through a daemon that was away for hours while the stream was not', () => {
    expect(stretchesOf([line('01:00', 'on-air', 10), line('08:00', 'still-on-air', 430)])).toEqual(['01:00-23:00']);
  });

  it('ends where it was last seen when the next daemon finds it gone, not where that daemon came', () => {
    const lines = [
      line('01:00', 'on-air', 60),
      line('09:00', 'off-air', 5, { boot: 'b2', reason: 'Starting', lastOnAirAgoMs: 6 * HOUR_MS }),
      line('09:01', 'on-air', 6, { boot: 'b2' }),
    ];
    expect(stretchesOf(lines)).toEqual(['01:00-03:00', '09:01-23:00']);
    expect(gapsOf(lines)).toEqual(['03:00-09:01 Starting']);
  });

  it('that no line has ended goes to the last sign of life, and the rest has a cause of its own', () => {
    expect(stretchesOf([line('01:00', 'on-air', 60)], '02:00')).toEqual(['01:00-02:00']);
    expect(gapsOf([line('01:00', 'on-air', 60)], '02:00')).toEqual(['02:00-23:00 NoDaemon']);
  });

  it('is as long as it was when the clock is set back or forth meanwhile', () => {
    const back = [line('12:00', 'on-air', 100), line('11:30', 'off-air', 130)];
    expect(stretchesOf(back)).toEqual(['11:00-11:30']);
    const forth = [line('02:00', 'on-air', 100), line('11:30', 'off-air', 130)];
    expect(stretchesOf(forth)).toEqual(['11:00-11:30']);
  });

  it('of a machine that began in 1970 until NTP came is where it belongs', () => {
    const lines = [
      { ...line('01:00', 'on-air', 1), at: '1970-01-01T00:01:00.000Z' },
      line('01:30', 'off-air', 31, { reason: 'StoppedByFile' }),
    ];
    expect(stretchesOf(lines)).toEqual(['01:00-01:30']);
  });

  it('counts no moment twice where an old history runs backwards', () => {
    const lines = [old('10:00', 'on-air'), old('12:00', 'off-air'), old('11:00', 'on-air'), old('13:00', 'off-air')];
    expect(stretchesOf(lines)).toEqual(['10:00-13:00']);
    expect(stretchesOf([old('12:00', 'on-air'), old('11:00', 'off-air')])).toEqual([]);
  });

  it('off air is divided where a wish becomes an interruption', () => {
    const lines = [
      line('01:00', 'on-air', 60),
      line('02:00', 'off-air', 120, { reason: 'StoppedByFile' }),
      line('03:00', 'off-air', 180, { reason: 'IngestUnreachable', lastOnAirAgoMs: HOUR_MS }),
      line('04:00', 'on-air', 240),
    ];
    expect(gapsOf(lines)).toEqual(['02:00-03:00 StoppedByFile planned', '03:00-04:00 IngestUnreachable']);
  });

  it('of a history whose beginning was rotated away begins with what is left of it', () => {
    const lines = [line('01:00', 'off-air', 60, { reason: 'Recycling' }), line('01:30', 'on-air', 90)];
    expect(stretchesOf(lines)).toEqual(['01:30-23:00']);
    expect(gapsOf(lines)).toEqual(['01:00-01:30 Recycling planned']);
    expect(timelineOf([], 0, 0)).toMatchObject({ sinceMs: null, stretches: [] });
  });

  it('is within all that is known, apart from the gaps, and together with them the whole', () => {
    const step = fc.record({
      event: fc.constantFrom<HistoryLine['event']>('on-air', 'off-air', 'still-on-air'),
      afterMs: fc.integer({ min: 1, max: 5 * HOUR_MS }),
      clockStepMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: -HOUR_MS, max: HOUR_MS })),
      reboots: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
      agoMs: fc.integer({ min: 0, max: 2 * HOUR_MS }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: HOUR_MS }),
        (steps, restMs) => {
          let wallMs = DAY;
          let uptimeMs = 0;
          let boot = 0;
          const lines = steps.map(({ event, afterMs, clockStepMs, reboots, agoMs }): HistoryLine => {
            wallMs += afterMs + clockStepMs;
            boot += reboots ? 1 : 0;
            uptimeMs = reboots ? 1_000 : uptimeMs + afterMs;
            const base = { at: new Date(wallMs).toISOString(), event, reason: 'Starting', item: null };
            return { ...base, boot: String(boot), uptimeMs, ...(event === 'off-air' ? { lastOnAirAgoMs: agoMs } : {}) };
          });
          const nowMs = wallMs + restMs;
          const { sinceMs, stretches, gaps } = timelineOf(lines, nowMs, nowMs);
          const whole = { fromMs: Math.min(sinceMs ?? nowMs, stretches[0]?.fromMs ?? nowMs), toMs: nowMs };
          for (const spans of [stretches, gaps]) {
            spans.forEach(({ fromMs, toMs }, index) => {
              expect(toMs).toBeGreaterThan(fromMs);
              expect(fromMs).toBeGreaterThanOrEqual(spans[index - 1]?.toMs ?? -Infinity);
            });
          }
          for (const gap of gaps) expect(within(stretches, gap)).toBe(0);
          const known = Math.min(...[...stretches, ...gaps].map(({ fromMs }) => fromMs));
          if (stretches.every(({ toMs }) => toMs <= nowMs) && Number.isFinite(known)) {
            expect(within(stretches, whole) + within(gaps, whole)).toBe(nowMs - known);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('merges spans into as much time as they cover, whatever their order', () => {
    const spans = fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 40 }))
        .map(([fromMs, length]): Span => ({ fromMs, toMs: fromMs + length })),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(spans, (all) => {
        const covered = new Set(
          all.flatMap(({ fromMs, toMs }) => Array.from({ length: toMs - fromMs }, (_, i) => fromMs + i)),
        );
        expect(within(merged(all), { fromMs: 0, toMs: 1_000 })).toBe(covered.size);
        expect(merged(all.toReversed())).toEqual(merged(all));
      }),
    );
  });
});

describe('broadcasts', () => {
  const span = (from: string, to: string): Span => ({ fromMs: at(from), toMs: at(to) });
  const fates = (stretches: readonly Span[], now: string): string[] =>
    broadcastsOf(stretches, at(now)).map(({ fromMs, toMs, fate }) => `${clock(fromMs)}-${clock(toMs)} ${fate}`);

  it('end with a minute off air, and only those under twelve hours become a video', () => {
    expect(fates([span('00:00', '11:59'), span('12:00', '12:30')], '13:00')).toEqual([
      '00:00-11:59 video',
      '12:00-12:30 video',
    ]);
    expect(fates([span('00:00', '12:00'), span('12:02', '12:30')], '13:00')).toEqual([
      '00:00-12:00 tooLong',
      '12:02-12:30 video',
    ]);
  });

  it('go on through a shorter gap, which makes them too long together', () => {
    const first = span('00:00', '07:00');
    const second = { fromMs: first.toMs + 59_999, toMs: at('13:00') };
    expect(fates([first, second], '14:00')).toEqual(['00:00-13:00 tooLong']);
    expect(broadcastsOf([first, second], at('14:00'))[0]?.onAirMs).toBe(13 * HOUR_MS - 59_999);
    expect(fates([first, { ...second, fromMs: first.toMs + 60_000 }], '14:00')).toHaveLength(2);
  });

  it('that may still go on are neither', () => {
    expect(fates([span('00:00', '07:00')], '07:00')).toEqual(['00:00-07:00 running']);
    expect(fates([span('00:00', '07:00')], '07:01')).toEqual(['00:00-07:00 video']);
    expect(fates([span('00:00', '12:30')], '12:30')).toEqual(['00:00-12:30 tooLong']);
  });
});

describe('a meter', () => {
  it('goes on with the same run, begins with another, and never runs backwards', () => {
    expect(metered({ run: 'u1', bytes: 100 }, 'u1', 250)).toEqual({ meter: { run: 'u1', bytes: 250 }, added: 150 });
    expect(metered({ run: 'u1', bytes: 100 }, 'u2', 30)).toEqual({ meter: { run: 'u2', bytes: 30 }, added: 30 });
    expect(metered({ run: 'u1', bytes: 100 }, 'u1', 40)).toEqual({ meter: { run: 'u1', bytes: 100 }, added: 0 });
    expect(metered(null, 'u1', 7)).toEqual({ meter: { run: 'u1', bytes: 7 }, added: 7 });
  });
});
