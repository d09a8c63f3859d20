export interface ProblemLogParts {
  /** Told at once when there is a problem, or another one; the same `why` not again within the hour. */
  readonly onProblem: (why: string) => void;
  /** Told when all is well after a problem. */
  readonly onRecovery: () => void;
}

/** A problem that stays is told again this often. */
const TELL_AGAIN_MS = 3_600_000;

/** Keeps the log short while the same thing fails again and again. */
export class ProblemLog {
  readonly #parts: ProblemLogParts;
  #problem: { readonly why: string; readonly toldAtMs: number } | null = null;

  constructor(parts: ProblemLogParts) {
    this.#parts = parts;
  }

  /** How the last try ended, null = well; `monoMs`: monotonic. */
  note(why: string | null, monoMs: number): void {
    const before = this.#problem;
    if (why === null) {
      this.#problem = null;
      if (before !== null) this.#parts.onRecovery();
      return;
    }
    if (before?.why === why && monoMs - before.toldAtMs < TELL_AGAIN_MS) return;
    this.#problem = { why, toldAtMs: monoMs };
    this.#parts.onProblem(why);
  }
}
