/** What happens within this time of a pass is taken in by one more: inspections of a prefix end by the dozen. */
const GATHER_MS = 20;

/**
 * A sleep that can be cut short: events only say "look now", and one said while nobody sleeps is not lost. However many
 * there are, it lasts for 20 ms, or as long as was asked for if that is less.
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
