import { describe, expect, it } from 'vitest';
import type { CurrentStatus } from '../../../src/cli/status/current-status.ts';
import { type Awaited, judge, waitFor } from '../../../src/cli/status/wait.ts';
import type { HealthBody } from '../../../src/health/body.ts';
import { liveReport, NOW_MS } from '../../health/sample-body.ts';

const BEFORE = 'aaaaaaaaaaaa';
const AFTER = 'bbbbbbbbbbbb';
const edit: Awaited = { goal: 'settled', before: BEFORE, hash: AFTER };
const off: Awaited = { ...edit, goal: 'offAir' };

const seen = (fields: Partial<HealthBody>): CurrentStatus => ({
  answer: { kind: 'report', report: liveReport(fields) },
  remains: null,
  nowMs: NOW_MS,
});
const fileIs = (hash: string, applied = hash): Partial<HealthBody> => ({
  desired: { hash, file: 'ok', error: null },
  applied: { hash: applied },
});
const silent = (isEmpty: boolean): CurrentStatus => ({
  answer: { kind: 'silent', why: 'no daemon answers on 127.0.0.1:8000 (connection refused)' },
  remains: { uplink: null, playout: null, isEmpty, message: 'nothing of the stream runs', lastWord: null },
  nowMs: NOW_MS,
});
const down = { status: 'down', reason: 'UplinkFailed' } as const;
const stopped = { status: 'stopped', reason: 'StoppedByFile' } as const;

describe('waiting for an edit to be on air', () => {
  it.each<[string, CurrentStatus, Awaited, string]>([
    ['the old file is on air', seen(fileIs(BEFORE)), edit, 'waiting'],
    ['the new file is read but not yet on air', seen(fileIs(AFTER, BEFORE)), edit, 'waiting'],
    ['the new file is on air', seen(fileIs(AFTER)), edit, 'reached'],
    ['the new file is on air, with something amiss', seen({ ...fileIs(AFTER), status: 'degraded' }), edit, 'waiting'],
    ['the stream is down', seen({ ...fileIs(AFTER), ...down }), edit, 'waiting'],
    ['the stream is off air on purpose', seen({ ...fileIs(AFTER), ...stopped }), edit, 'reached'],
    ['somebody has edited the file since', seen(fileIs('cccccccccccc')), edit, 'failed'],
    [
      'the daemon refuses the file',
      seen({ desired: { hash: AFTER, file: 'invalid', error: 'x' }, status: 'degraded', reason: 'DesiredInvalid' }),
      edit,
      'failed',
    ],
    [
      'a daemon that has not looked yet',
      seen({ desired: { hash: null, file: 'missing', error: null } }),
      edit,
      'waiting',
    ],
    ['no daemon', silent(true), edit, 'waiting'],
    ['a restart that is on air again', seen({}), { ...edit, before: null, hash: null }, 'reached'],
    ['off air: the old file is still on air', seen(fileIs(BEFORE)), off, 'waiting'],
    ['off air: going off', seen({ ...fileIs(AFTER), status: 'stopping', reason: 'StoppedByFile' }), off, 'waiting'],
    ['off air: stopped', seen({ ...fileIs(AFTER), ...stopped }), off, 'reached'],
    [
      'off air: only between two broadcasts',
      seen({ ...fileIs(AFTER), ...stopped, reason: 'Recycling' }),
      off,
      'waiting',
    ],
    ['off air: no daemon and no process of the stream', silent(true), off, 'reached'],
    ['off air: no daemon, but the stream may play on', silent(false), off, 'waiting'],
  ])('%s', (_what, sight, awaited, verdict) => {
    expect(judge(sight, awaited).kind).toBe(verdict);
  });

  async function run(
    sights: readonly CurrentStatus[],
    limitMs: number,
  ): Promise<{ end: string; lines: readonly string[] }> {
    let nowMs = 0;
    const lines: string[] = [];
    const left = [...sights];
    const last = sights.at(-1) ?? silent(true);
    const end = await waitFor(edit, limitMs, {
      look: () => Promise.resolve(left.shift() ?? last),
      sleep: (ms) => Promise.resolve((nowMs += ms)),
      nowMs: () => nowMs,
      tell: (line) => void lines.push(line),
    });
    return { end, lines };
  }

  it('tells each change once, and ends when it is there', async () => {
    const { end, lines } = await run(
      [seen(fileIs(BEFORE)), seen(fileIs(BEFORE)), seen(fileIs(AFTER, BEFORE)), seen(fileIs(AFTER))],
      60_000,
    );
    expect(end).toBe('reached');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^ {2}0 s {2}live OnAir: /);
  });

  it('gives up at the limit, not before', async () => {
    expect((await run([seen({ ...fileIs(AFTER), ...down })], 10_000)).end).toBe('late');
    const late = Array.from({ length: 20 }, () => seen(fileIs(BEFORE)));
    expect((await run([...late, seen(fileIs(AFTER))], 10_000)).end).toBe('reached');
  });
});
