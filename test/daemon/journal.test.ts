import { closeSync, fstatSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isJournal, withPriority } from '../../src/daemon/log.ts';

describe('a line for the journal', () => {
  it.each([
    ['trace', 7],
    ['debug', 7],
    ['info', 6],
    ['warn', 4],
    ['error', 3],
    ['fatal', 2],
  ])('of level %s has priority %d', (level, priority) => {
    const line = `{"level":"${level}","msg":"x"}\n`;
    expect(withPriority(line)).toBe(`<${priority}>${line}`);
  });

  it('takes its level from its beginning alone', () => {
    const line = '{"level":"info","msg":"{\\"level\\":\\"fatal\\""}\n';
    expect(withPriority(line)).toBe(`<6>${line}`);
    expect(withPriority('{"msg":"x","level":"fatal"}')).toBe('{"msg":"x","level":"fatal"}');
  });
});

describe('the journal', () => {
  it('is known by device and inode of the descriptor', () => {
    const fd = openSync('/dev/null', 'w');
    try {
      const { dev, ino } = fstatSync(fd);
      expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true);
      expect(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false);
      expect(isJournal(fd, { JOURNAL_STREAM: '' })).toBe(false);
      expect(isJournal(fd, {})).toBe(false);
      expect(isJournal(9999, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(false);
    } finally {
      closeSync(fd);
    }
  });
});
