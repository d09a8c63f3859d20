import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Complaints } from '../../src/daemon/complaints.ts';

let nowMs = 0;
let lines: Record<string, unknown>[] = [];

beforeEach(() => {
  nowMs = 0;
  lines = [];
});

const complaints = (level = 'info'): Complaints =>
  new Complaints(
    pino({ level }, { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
    () => nowMs,
  );

describe("FFmpeg's complaints in the log", () => {
  it('are told with role, run and line', () => {
    complaints().tell({ role: 'playout', runId: 'r1', line: 'moov atom not found' });
    expect(lines).toMatchObject([{ level: 40, role: 'playout', run: 'r1', line: 'moov atom not found' }]);
    expect(lines[0]).not.toHaveProperty('leftOut');
  });

  it('are bounded, however many there are, and how many were left out is told', () => {
    const told = complaints();
    for (let n = 0; n < 100_000; n += 1) {
      nowMs = n;
      told.tell({ role: 'playout', runId: 'r1', line: `line ${n}` });
    }
    expect(lines.length).toBeLessThan(40);
    nowMs += 60_000;
    told.tell({ role: 'playout', runId: 'r1', line: 'another' });
    const leftOut = lines.reduce((sum, line) => sum + Number(line['leftOut'] ?? 0), 0);
    expect(leftOut + lines.length).toBe(100_001);
    expect(lines.at(-1)).toMatchObject({ line: 'another' });
  });

  it('leave what is not logged anyway out of account', () => {
    const told = complaints('warn');
    for (let n = 0; n < 1_000; n += 1) told.tell({ role: 'playout', runId: 'r1', line: '[h264 @ 0x1] chatter' });
    told.tell({ role: 'playout', runId: 'r1', line: 'the reason' });
    expect(lines).toMatchObject([{ line: 'the reason' }]);
    expect(lines[0]).not.toHaveProperty('leftOut');
  });
});
