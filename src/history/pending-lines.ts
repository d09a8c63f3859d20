/** The most lines that wait for a full disk; the oldest are lost beyond that. */
const MOST_PENDING = 100;

/** Lines to be appended to a file. Lines that the disk refuses are kept until they are written, the last 100 of them. */
export class PendingLines {
  readonly #append: (line: string) => string | null;
  #lines: readonly string[] = [];

  /** `append` answers with what went wrong, or null. */
  constructor(append: (line: string) => string | null) {
    this.#append = append;
  }

  add(value: object): void {
    this.#lines = [...this.#lines, JSON.stringify(value)].slice(-MOST_PENDING);
  }

  /** Writes them in order. Answers with what came of it, one entry a try: null = written. */
  flush(): readonly (string | null)[] {
    const answers: (string | null)[] = [];
    for (let line = this.#lines[0]; line !== undefined; line = this.#lines[0]) {
      const failure = this.#append(line);
      answers.push(failure);
      if (failure !== null) break;
      this.#lines = this.#lines.slice(1);
    }
    return answers;
  }
}
