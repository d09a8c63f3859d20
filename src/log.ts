import { type Logger, pino } from 'pino';
import { withPriority } from './journal.ts';
import type { Redact } from './text/redact.ts';

/**
 * The daemon's log: one JSON line an event on stdout, written at once, with every secret taken out of the finished line.
 * `toJournal`: each line begins with its priority, which the journal files it under and does not show.
 */
export function createLog(level: string, redact: Redact, toJournal = false): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: toJournal ? (line) => withPriority(redact(line)) : redact },
    },
    pino.destination({ fd: 1, sync: true }),
  );
}
