import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseMoment } from '../../../src/cli/played/moment.ts';
import { calendarOf } from '../../../src/cli/report/calendar.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { called, type Outcome, streamctl } from '../streamctl.ts';

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace();
  mkdirSync(join(workspace.dir, 'state'));
});
afterEach(() => workspace.cleanup());

const where = () => ({ env: { STREAM_CONFIG_DIR: workspace.dir } });
const played = (...args: string[]): Promise<Outcome> => called(['played', ...args], where());
const item = (begin: string, end: string, more: object = {}): object => ({
  begin: `2026-03-28T${begin}.000Z`,
  end: `2026-03-28T${end}.000Z`,
  key: 'songs/a.mp3',
  title: null,
  artist: null,
  fromMs: 0,
  ended: 'played',
  ...more,
});
const inState = (name: string, ...lines: readonly (object | string)[]): void =>
  writeFileSync(
    join(workspace.dir, 'state', name),
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );

describe('streamctl played', () => {
  it('tells what was on air, old and new, in the zone asked for, and what is', async () => {
    inState('played.jsonl.1', item('02:00:00', '02:04:00'));
    inState(
      'played.jsonl',
      item('03:10:00', '03:14:07', { key: 'songs/b.mp3', title: 'Rain', artist: 'The Clouds' }),
      '{"begin":"2026-',
      item('03:14:07', '03:15:00', { ended: 'failed', fromMs: 61_000 }),
    );
    inState('stream_state.json', { playing: { run: 'p1', ...item('03:15:00', '03:20:00', { ended: undefined }) } });
    const { code, stdout, stderr } = await streamctl(
      ['played', '--since', '2026-03-01', '--timezone', 'Europe/Berlin'],
      where(),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replaceAll(/ {2,}/g, '  ').trim().split('\n')).toEqual([
      '2026-03-28 03:00:00  4 min 0 s  songs/a.mp3  (played)',
      '2026-03-28 04:10:00  4 min 7 s  songs/b.mp3  "The Clouds - Rain"  (played)',
      '2026-03-28 04:14:07  53 s  songs/a.mp3  (failed, from 1 min 1 s on)',
      '2026-03-28 04:15:00  5 min 0 s  songs/a.mp3  (on air)',
    ]);
  });

  it('tells which one it was at 03:12', async () => {
    inState(
      'played.jsonl',
      item('03:08:00', '03:12:00'),
      item('03:12:00', '03:14:07', { key: 'songs/b.mp3', title: 'Rain' }),
    );
    const { code, stdout } = await played('--at', '2026-03-28 03:12', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([item('03:12:00', '03:14:07', { key: 'songs/b.mp3', title: 'Rain' })]);
  });

  it('says so where nothing was on air then, or nothing is known at all', async () => {
    const none = await played('--at', '2026-03-28T03:12Z');
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toMatch(/^streamctl: no item was on air at 2026-03-28 03:12:00 \(UTC\)/);
    expect(await played('--json')).toMatchObject({ code: 0, stdout: '[]\n' });
  });

  it('refuses a time it cannot read in one line that says what it accepts', async () => {
    const { code, stderr } = await played('--at', '25:00');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^streamctl: --at: found "25:00"; accepted: 03:12[^\n]*\n$/);
  });

  it('prints nothing that moves the cursor, whatever a file is tagged with', async () => {
    inState('played.jsonl', item('03:10:00', '03:14:07', { title: '\u001b[2Jx' }));
    const { stdout } = await played('--since', '2026-03-01');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('x');
  });
});

describe('a moment', () => {
  const berlin = calendarOf('Europe/Berlin');
  const nowMs = Date.parse('2026-03-28T12:00:00Z');
  const momentOf = (text: string): string => {
    const moment = berlin === null ? null : parseMoment(text, berlin, nowMs);
    return moment?.kind === 'ok' ? new Date(moment.atMs).toISOString() : 'refused';
  };
  it.each([
    ['03:12', '2026-03-28T02:12:00.000Z'],
    ['12:59:59', '2026-03-28T11:59:59.000Z'],
    ['13:01', '2026-03-27T12:01:00.000Z'],
    ['2026-03-28 03:12:07', '2026-03-28T02:12:07.000Z'],
    ['2026-03-28T03:12Z', '2026-03-28T03:12:00.000Z'],
    ['2026-03-28T03:12:00.500+02:00', '2026-03-28T01:12:00.000Z'],
    ['2026-03-29 03:30', '2026-03-29T01:30:00.000Z'],
    ['2026-03-29 12:00', '2026-03-29T10:00:00.000Z'],
    ['2026-10-25 12:00', '2026-10-25T11:00:00.000Z'],
    // The hour from 2 to 3 is left out that night.
    ['2026-03-29 02:30', '2026-03-29T01:30:00.000Z'],
    ['2026-02-30 12:00', 'refused'],
    ['24:30', 'refused'],
    ['03:12Z', 'refused'],
    ['noon', 'refused'],
    ['', 'refused'],
  ])('%s is %s', (text, instant) => {
    expect(momentOf(text)).toBe(instant);
  });
});
