import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statusLines, statusSentence } from '../../../src/cli/status/text.ts';
import { clipped, columnsOf, printable, wrapped } from '../../../src/text/terminal.ts';
import { duration } from '../../../src/text/units.ts';
import { liveReport, NOW_MS } from '../../health/sample-body.ts';

const PLAIN = { nowMs: NOW_MS, colour: false, width: 80 };

describe('statusLines', () => {
  it('tells a live stream in a few aligned lines', () => {
    expect(statusLines(liveReport(), { ...PLAIN, todayS: 36_000 })).toEqual([
      'live  OnAir  for 2 h 5 min',
      '  "loops/rain.mp4" is on air',
      '  item      loops/rain.mp4  (copied)',
      '  position  12:30 / 50:00  [#######-----------------------] 25 %',
      '  next      loops/snow.mp4  in 37 min 30 s, at 12:37:30 UTC',
      '  in line   the slate',
      '  uplink    pid 4242, up for 2 h 5 min, bytes acknowledged',
      '  file      0123456789ab is applied',
      '  on air    10 h 0 min today, 2 h 5 min this session, 6 d 4 h in all',
      '  restarts  2; the last 3 h 0 min ago: the ingest acknowledges nothing',
    ]);
  });

  it('tells a stream that is down, with nothing there', () => {
    const report = liveReport({
      status: 'down',
      reason: 'StreamKeyMissing',
      message: 'no stream key',
      uplink: null,
      playout: null,
      next: null,
      upcoming: null,
      applied: { hash: null },
      desired: { hash: null, file: 'missing', error: 'desired.yaml does not exist' },
      restarts: { count: 0, lastReason: null, lastAt: null },
    });
    expect(statusLines(report, PLAIN)).toEqual([
      'down  StreamKeyMissing  for 2 h 5 min',
      '  no stream key',
      '  item      none',
      '  uplink    none',
      '  file      missing; nothing was fully on air yet',
      '            desired.yaml does not exist',
      '  on air    2 h 5 min this session, 6 d 4 h in all',
      '  restarts  0',
    ]);
  });

  it('tells what YouTube shows, where there is a login, with nothing in it that could move the cursor', () => {
    const api = { state: 'ok', reason: null, until: null } as const;
    const broadcast = {
      id: 'abc',
      url: 'https://www.youtube.com/watch?v=abc',
      title: 'Rain \u001b[2J',
      lifeCycle: 'live',
      privacy: 'public',
      startedAt: new Date(NOW_MS - 7_200_000).toISOString(),
      viewers: 12,
    };
    const issues = [{ type: 'videoIngestionStarved', severity: 'error' }];
    const stream = { status: 'active', health: 'bad', issues };
    const youtube = { checkedAt: null, api, channel: null, stream, broadcast };
    const rows = (edit: object): string[] =>
      statusLines(liveReport({ youtube: { ...youtube, ...edit } }), PLAIN).slice(8, -2);
    expect(rows({})).toEqual([
      '  YouTube   stream active, health bad; videoIngestionStarved (error)',
      '            broadcast live, public, for 2 h 0 min, 12 watching',
      '            Rain \\u{1b}[2J',
      '            https://www.youtube.com/watch?v=abc',
    ]);
    expect(rows({ broadcast: null }).at(-1)).toBe('            no broadcast of our stream is live');
    const unauthorized = { state: 'unauthorized', reason: 'invalid_grant', until: null };
    expect(rows({ api: unauthorized, stream: null, broadcast: null })).toEqual([
      '  YouTube   unauthorized (invalid_grant)',
    ]);
  });

  it('tells what comes next once, also when it stands in line, and a time only where there is one', () => {
    const inLine = { pid: 1, item: 'snow.mp4' };
    const nextOf = (inMs: number | null, at: string | null): string[] =>
      statusLines(liveReport({ next: inLine, upcoming: { item: 'snow.mp4', inMs, at } }), PLAIN).filter((line) =>
        /^ {2}(?:next|in line) /.test(line),
      );
    expect(nextOf(4_200, '2026-03-01T12:00:04.200Z')).toEqual(['  next      snow.mp4  in 4 s, at 12:00:04 UTC']);
    expect(nextOf(null, null)).toEqual(['  next      snow.mp4']);
  });

  it('names both hashes and the problems of a refused file', () => {
    const error = Array.from({ length: 7 }, (_, index) => `desired.yaml:${String(index + 1)}:1: wrong`).join('\n');
    const lines = statusLines(liveReport({ desired: { hash: 'ffffffffffff', file: 'invalid', error } }), PLAIN);
    const at = lines.indexOf('  file      ffffffffffff is refused; 0123456789ab is applied');
    expect(lines.slice(at + 1, at + 7)).toEqual([
      ...[1, 2, 3, 4, 5].map((line) => `            desired.yaml:${String(line)}:1: wrong`),
      '            and 2 more',
    ]);
  });

  it('says when a file is on its way', () => {
    const lines = statusLines(liveReport({ desired: { hash: 'ffffffffffff', file: 'ok', error: null } }), PLAIN);
    expect(lines).toContain('  file      ffffffffffff is being applied; 0123456789ab is applied');
  });

  it.each([
    [null, 'no connection'],
    [4_200, 'nothing acknowledged for 4.2 s'],
  ])('tells an uplink with unackedMs %s', (unackedMs, words) => {
    const uplink = { ...liveReport().uplink!, unackedMs };
    expect(statusLines(liveReport({ uplink }), PLAIN).join('\n')).toContain(words);
  });

  it('shows a position without an end where the length is not known', () => {
    const playout = { ...liveReport().playout!, durationMs: null };
    expect(statusLines(liveReport({ playout }), PLAIN)).toContain('  position  12:30 of unknown length');
  });

  it('cuts a long key, never what follows it', () => {
    const playout = { ...liveReport().playout!, item: 'x'.repeat(200) };
    const line = statusLines(liveReport({ playout }), PLAIN).find((each) => each.includes('xxx'));
    expect(line).toMatch(/^ {2}item {6}x+… {2}\(copied\)$/);
    expect(line).toHaveLength(80);
  });

  it('colours the status word alone, and only when asked', () => {
    const [heading, ...rest] = statusLines(liveReport(), { ...PLAIN, colour: true });
    expect(heading).toBe('\u001b[1;32mlive\u001b[0m  OnAir  for 2 h 5 min');
    expect(rest.join('')).not.toContain('\u001b');
  });

  it('fits any width from 40 columns on, whatever the texts hold, and lets nothing move the cursor', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 200 }), fc.string({ unit: 'binary', maxLength: 150 }), (width, text) => {
        const report = liveReport({
          reason: text,
          message: text,
          desired: { hash: 'ffffffffffff', file: 'invalid', error: text },
          playout: { ...liveReport().playout!, item: text },
          next: { pid: 1, item: text },
          restarts: { count: 1, lastReason: text, lastAt: liveReport().since },
        });
        const lines = statusLines(report, { ...PLAIN, width });
        expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(Math.max(width, 40));
        expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});

describe('statusSentence', () => {
  it('stays the same while only positions and ages move', () => {
    const later = liveReport({
      uplink: { ...liveReport().uplink!, unackedMs: 40, progressAgeMs: 700 },
      playout: { ...liveReport().playout!, positionMs: 800_000 },
      onAirSeconds: { session: 9_000, total: 900_000 },
    });
    expect(statusSentence(later)).toBe(statusSentence(liveReport()));
    expect(statusSentence(later)).toBe(
      'live OnAir: "loops/rain.mp4" is on air [loops/rain.mp4, uplink 4242, 0123456789ab is applied]',
    );
  });
});

describe('the pieces', () => {
  it.each([
    [-5, '0 s'],
    [Number.NaN, '0 s'],
    [59_999, '59 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [532_800_000, '6 d 4 h'],
  ])('says %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('counts wide characters twice and combining ones not at all', () => {
    expect([columnsOf('abc'), columnsOf('雨の音'), columnsOf('e\u0301'), columnsOf('🔥')]).toEqual([3, 6, 1, 2]);
    expect(clipped('雨の音.mp4', 6)).toBe('雨の…');
  });

  it('wraps at spaces and cuts a word that fits no line', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapped(`a ${'b'.repeat(9)}`, 4)).toEqual(['a', 'bbbb', 'bbbb', 'b']);
    expect(wrapped('', 4)).toEqual(['']);
    expect(wrapped('雨雨', 1)).toEqual(['雨', '雨']);
  });

  it('spells out control and direction characters', () => {
    expect(printable('a\u001b[31m\u202eb')).toBe('a\\u{1b}[31m\\u{202e}b');
  });
});
