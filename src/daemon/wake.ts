/** A sleep that can be cut short: events only say "look now", and one said while nobody sleeps is not lost. */
export class Wake {
  #pending = false;
  #end: (() => void) | null = null;

  /** Ends the sleep under way, or the next one. */
  readonly now = (): void => {
    this.#pending = true;
    this.#end?.();
  };

  /** Resolves after this long, or at the next wake. */
  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#pending = false;
        this.#end = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#end = end;
      if (this.#pending) end();
    });
}
