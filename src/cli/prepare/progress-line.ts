import type { Terminal } from '../terminal.ts';
import { duration } from '../../text/units.ts';

/** How far a long job is. */
interface Step {
  /** 0 to 1; null = how long it will be is not known. */
  readonly share: number | null;
  /** What has been done, such as `3 min 20 s`. */
  readonly done: string;
}

const BAR_COLUMNS = 30;
/** Where stdout is no terminal: a line for every tenth, and for every so long without one. */
const TENTH = 0.1;
const QUIET_MS = 30_000;

/** Shows how far a job is: on a terminal as a bar that is redrawn in place, elsewhere as a plain line now and then. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #label: string;
  readonly #begunMs = performance.now();
  #toldMs = performance.now();
  #toldShare = 0;
  #drawn = false;

  constructor(terminal: Terminal, label: string) {
    this.#terminal = terminal;
    this.#label = label;
  }

  show(step: Step): void {
    if (this.#terminal.isInteractive) {
      const line = this.#lineOf(step, true).slice(0, Math.max(20, this.#terminal.size().columns - 1));
      process.stdout.write(`\r${line}\u001b[K`);
      this.#drawn = true;
      return;
    }
    const nowMs = performance.now();
    const tenths = Math.floor((step.share ?? 0) / TENTH);
    if (tenths <= Math.floor(this.#toldShare / TENTH) && nowMs - this.#toldMs < QUIET_MS) return;
    this.#toldMs = nowMs;
    this.#toldShare = step.share ?? 0;
    this.#terminal.out(this.#lineOf(step, false));
  }

  /** Ends the line; what is written next stands below it. */
  end(): void {
    if (this.#drawn) process.stdout.write('\n');
    this.#drawn = false;
  }

  #lineOf({ share, done }: Step, withBar: boolean): string {
    const elapsedMs = performance.now() - this.#begunMs;
    if (share === null) return `${this.#label}  ${done}`;
    const filled = Math.round(Math.min(1, share) * BAR_COLUMNS);
    const bar = withBar ? `[${'#'.repeat(filled)}${'-'.repeat(BAR_COLUMNS - filled)}] ` : '';
    const left =
      share > 0.02 && share < 1 ? `, about ${duration(Math.max(1000, (elapsedMs / share) * (1 - share)))} left` : '';
    return `${this.#label}  ${bar}${String(Math.floor(Math.min(1, share) * 100)).padStart(3)} %  ${done}${left}`;
  }
}
