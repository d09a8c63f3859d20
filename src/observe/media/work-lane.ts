/** Runs named work: `atOnce` at a time, at most `maxWaiting` in line. Work whose name is running or in line is not taken again. */
export class WorkLane {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #running = new Set<string>();
  readonly #waiting = new Map<string, () => Promise<void>>();

  constructor(atOnce: number, maxWaiting: number) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  /** Takes the work, unless its name is taken or the line is full. Work that rejects is a bug, and ends the process. */
  submit(name: string, work: () => Promise<void>): void {
    if (this.#running.has(name) || this.#waiting.has(name)) return;
    if (this.#running.size < this.#atOnce) this.#start(name, work);
    else if (this.#waiting.size < this.#maxWaiting) this.#waiting.set(name, work);
  }

  #start(name: string, work: () => Promise<void>): void {
    this.#running.add(name);
    void work().finally(() => {
      this.#running.delete(name);
      this.#startNext();
    });
  }

  #startNext(): void {
    for (const [name, work] of this.#waiting) {
      if (this.#running.size >= this.#atOnce) return;
      this.#waiting.delete(name);
      this.#start(name, work);
    }
  }
}
