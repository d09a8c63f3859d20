import { fstatSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { LogOutput } from './log-output.ts';
import type { Redact } from '../text/redact.ts';

/** Priorities of sd-daemon(3) by pino's levels: journald takes `<N>` off the beginning of a line as its priority. */
const PRIORITY: Readonly<Record<string, number>> = { trace: 7, debug: 7, info: 6, warn: 4, error: 3, fatal: 2 };

/**
 * Whether this descriptor leads to the journal: systemd names the stream's device and inode in JOURNAL_STREAM
 * (systemd.exec(5)). A descriptor that was redirected since has others.
 */
export function isJournal(fd: number, env: Readonly<Record<string, string | undefined>>): boolean {
  const named = env['JOURNAL_STREAM'];
  if (named === undefined || named === '') return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return named === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** A line of the log, `{"level":"warn",…`, with its priority before it. */
export function withPriority(line: string): string {
  const level = /^\{"level":"(\w+)"/.exec(line)?.[1] ?? '';
  const priority = PRIORITY[level];
  return priority === undefined ? line : `<${priority}>${line}`;
}

/**
 * The daemon's log: one JSON line an event, written at once, with every secret taken out of the finished line.
 * `toJournal`: each line begins with its priority, which the journal takes off.
 */
export function createLog(level: string, redact: Redact, toJournal: boolean, output: LogOutput): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: toJournal ? (line) => withPriority(redact(line)) : redact },
    },
    output,
  );
}
