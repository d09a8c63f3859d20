import type { Logger } from 'pino';
import { isChatter } from '../observe/runs/log-tail.ts';
import type { RunLine } from '../observe/runs/run-files.ts';

/** Lines that may come at once, and how often one more may: some 300 an hour. */
const AT_ONCE = 30;
const ANOTHER_EVERY_MS = 12_000;

/**
 * Writes FFmpeg's complaints to the log at a bounded rate: a broken item can bring thousands of lines a minute. A line tells
 * how many before it were left out; all of them are in the run's own log file.
 */
export class Complaints {
  readonly #log: Logger;
  readonly #nowMs: () => number;
  #allowance = AT_ONCE;
  #refilledAtMs: number;
  #leftOut = 0;

  constructor(log: Logger, nowMs: () => number) {
    this.#log = log;
    this.#nowMs = nowMs;
    this.#refilledAtMs = nowMs();
  }

  /** One line of one FFmpeg. */
  tell({ role, runId, line }: RunLine): void {
    const level = isChatter(line) ? 'debug' : 'warn';
    if (!this.#log.isLevelEnabled(level)) return;
    const now = this.#nowMs();
    this.#allowance = Math.min(AT_ONCE, this.#allowance + (now - this.#refilledAtMs) / ANOTHER_EVERY_MS);
    this.#refilledAtMs = now;
    if (this.#allowance < 1) {
      this.#leftOut += 1;
      return;
    }
    this.#allowance -= 1;
    const leftOut = this.#leftOut === 0 ? {} : { leftOut: this.#leftOut };
    this.#leftOut = 0;
    this.#log[level]({ role, run: runId, line, ...leftOut }, 'ffmpeg');
  }
}
