/** What has to be undone at the end, the last first. */
export class Closers {
  readonly #steps: { readonly name: string; readonly close: () => unknown }[] = [];
  readonly #hasteners: (() => void)[] = [];
  readonly #late: string[] = [];
  #closed = false;

  /** What was begun after the end is undone at once. `hasten`: what the impatient get. */
  add(name: string, close: () => unknown, hasten?: () => void): void {
    if (hasten !== undefined) this.#hasteners.push(hasten);
    if (!this.#closed) this.#steps.push({ name, close });
    else void attempt(name, close).then((failure) => (failure === null ? undefined : this.#late.push(failure)));
  }

  hasten(): void {
    for (const hasten of this.#hasteners) hasten();
  }

  /** Undoes everything, whatever fails; answers with what did. */
  async close(): Promise<readonly string[]> {
    this.#closed = true;
    const failures: string[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const failure = await attempt(step.name, step.close);
      if (failure !== null) failures.push(failure);
    }
    return [...failures, ...this.#late];
  }
}

async function attempt(name: string, close: () => unknown): Promise<string | null> {
  try {
    await close();
    return null;
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
