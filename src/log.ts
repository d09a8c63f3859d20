import { pino, type Logger } from 'pino';
import type { Redact } from './reconcile/redact.ts';

/** The daemon's log: one JSON line an event on stdout, written at once, with every secret taken out of the finished line. */
export function createLog(level: string, redact: Redact): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: redact },
    },
    pino.destination({ fd: 1, sync: true }),
  );
}
