import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProcLocks } from '../../src/observe/processes/gate.ts';
import { parseSendQueues } from '../../src/observe/processes/send-queue.ts';
import { ProgressParser } from '../../src/observe/runs/progress-file.ts';
import { parseRunRecord } from '../../src/observe/runs/record.ts';
import { formatMarker, parseMarker } from '../../src/reconcile/model/run.ts';
import { parseMemory } from '../../src/state/memory-file.ts';
import { parseProcStat } from '../../src/system/proc-stat.ts';
import { createRedactor } from '../../src/text/redact.ts';

/** Inputs per parser. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 20_000);
const TIMEOUT_MS = 30_000 + RUNS * 2;

/** Arbitrary text, and text made of the words the parsers look for, which gets further into them. */
const words = fc.constantFrom(
  ...['(', ')', ' ', '  ', '\n', '\r', '\0', '=', ':', '-', '->', '0', '1', '00', '-1', '9'.repeat(20), '1e999', 'N/A'],
  ...['FLOCK', 'ADVISORY', 'WRITE', '777', '0A', '01', 'out_time_us', 'total_size', 'progress', 'continue', 'end'],
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    'null',
    '"kind"',
    '"item"',
    '"slate"',
    '"frame"',
    '"tallies"',
    '"bootId"',
    'uplink',
  ],
);
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(words, { maxLength: 60 }).map((parts) => parts.join('')),
  fc.array(words, { maxLength: 60 }).map((parts) => parts.join(' ')),
  fc.json(),
);
const always = (check: (text: string) => void): void =>
  fc.assert(
    fc.property(hostile, (text) => check(text)),
    { numRuns: RUNS },
  );

describe('whatever text it is given', () => {
  it('a stat line is read or refused, and what is read are exact numbers', { timeout: TIMEOUT_MS }, () => {
    always((text) => {
      const stat = parseProcStat(text);
      if (stat === null) return;
      for (const value of [stat.pid, stat.sid, stat.startTicks]) expect(Number.isSafeInteger(value)).toBe(true);
    });
  });

  it('the lock table names only those asked for', { timeout: TIMEOUT_MS }, () => {
    const ours = new Set([1, 777]);
    always((text) => {
      const { holders, waiters } = parseProcLocks(text, ours);
      for (const pid of [...holders, ...waiters]) expect(ours.has(pid)).toBe(true);
    });
  });

  it('the socket table gives a size or nothing', { timeout: TIMEOUT_MS }, () => {
    always((text) => {
      const queue = parseSendQueues(text, new Set(['1', '777', '']));
      if (queue !== null) expect(Number.isFinite(queue.queuedBytes)).toBe(true);
    });
  });

  it('progress is a time and a size from zero up, or unknown', { timeout: TIMEOUT_MS }, () => {
    always((text) => {
      const block = new ProgressParser().feed(text);
      if (block === null) return;
      for (const value of [block.outTimeMs, block.totalBytes]) expect(value ?? 0).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(block.outTimeMs ?? 0)).toBe(true);
    });
  });

  it('a record is understood or not', { timeout: TIMEOUT_MS }, () => {
    always((text) => {
      expect([null, 'item', 'slate']).toContain(parseRunRecord(text)?.kind ?? null);
    });
  });

  it('tallies are whole, whatever is left of the file', { timeout: TIMEOUT_MS }, () => {
    always((text) => {
      expect(
        parseMemory(text, { id: '1', namespaceStartTicks: null }, { monoMs: 1, wallMs: 1 }).uplink.backoff.deathsAtMs
          .length,
      ).toBeLessThanOrEqual(16);
    });
  });

  it('a marker is one of ours or none, and what is one reads back the same', { timeout: TIMEOUT_MS }, () => {
    always((text) => {
      const marker = parseMarker(text);
      if (marker !== null) expect(formatMarker(marker)).toBe(text);
    });
  });

  it('no secret comes through redaction', { timeout: TIMEOUT_MS }, () => {
    const secret = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 40 });
    fc.assert(
      fc.property(secret, hostile, hostile, (key, before, after) => {
        const clean = createRedactor([key])(`${before}${key} ${encodeURIComponent(key)}${after}`);
        if (!'[redacted]'.includes(key)) expect(clean.includes(key)).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });
});
