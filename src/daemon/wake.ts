/** Events within this time lead to one pass: inspections of a prefix end by the dozen. */
const GATHER_MS = 20;

/**
 * A sleep that an event cuts short; an event that comes while nobody sleeps cuts the next one. However many events there
 * are, a sleep lasts for 20 ms, or as long as was asked for if that is less.
 */
export class Wake {
  #pending = false;
  #isGathering = false;
  #end: (() => void) | null = null;

  /** Ends the sleep under way, or the next one. */
  readonly now = (): void => {
    this.#pending = true;
    if (!this.#isGathering) this.#end?.();
  };

  /** Resolves after this long, or at the next wake. */
  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        clearTimeout(gathering);
        this.#isGathering = false;
        this.#pending = false;
        this.#end = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      const gathering = setTimeout(() => {
        this.#isGathering = false;
        if (this.#pending) end();
      }, GATHER_MS);
      this.#isGathering = true;
      this.#end = end;
    });
}
