import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseProcStat } from '../../src/system/proc-stat.ts';

/** A line as Linux writes it, with this name and these fields. */
const line = (name: string, { pid = 4242, state = 'S', sid = 4242, startTicks = '123456' } = {}): string =>
  `${pid} (${name}) ${state} 1 ${pid} ${sid} 0 -1 4194560 1 0 0 0 5 3 0 0 20 0 1 0 ${startTicks} 9999 ` +
  `200 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n`;

describe('a line of /proc/PID/stat', () => {
  it.each([
    ['an ordinary name', 'ffmpeg'],
    ['a name with spaces', 'Web Content'],
    ['a name that looks like the end of the name', 'x) (y'],
    ['a name that fakes the fields after it', 'a) Z 1 1 1 0 -1 0'],
    ['a name of parentheses only', ')))((('],
    ['an empty name', ''],
    ['a name with a line break', 'a\nb'],
    ['a name that is a number', '17'],
    ['a name with bytes that are no text', '\u00ff\u0000'],
  ])('is read for %s', (_, name) => {
    expect(parseProcStat(line(name))).toEqual({ pid: 4242, name, state: 'S', sid: 4242, startTicks: 123456 });
  });

  it.each(['R', 'S', 'D', 'T', 't', 'Z', 'X', 'I'])('tells the state %s', (state) => {
    expect(parseProcStat(line('x', { state }))?.state).toBe(state);
  });

  it.each([
    ['nothing', ''],
    ['a name without an end', '12 (ffmpeg S 1 12'],
    ['a line cut off before the start time', '12 (ffmpeg) S 1 12 12 0 -1'],
    ['no number in front', 'x (ffmpeg) S 1 12 12 0 -1 4194560 1 0 0 0 5 3 0 0 20 0 1 0 77 9999'],
    ['a session of -1, as a process on its way out has it', line('ffmpeg', { sid: -1 })],
    ['a start time that is no number', line('ffmpeg', { startTicks: 'N/A' })],
    ['a start time beyond exact numbers', line('ffmpeg', { startTicks: '18446744073709551615' })],
  ])('is refused when it holds %s', (_, text) => {
    expect(parseProcStat(text)).toBeNull();
  });

  it('is read from the kernel that runs this test', () => {
    const parsed = parseProcStat(readFileSync('/proc/self/stat', 'utf8'));
    expect(parsed?.pid).toBe(process.pid);
    expect(parsed?.startTicks).toBeGreaterThan(0);
  });
});
