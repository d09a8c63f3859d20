/** Milliseconds. */
interface SampleBounds {
  /** A sample that comes sooner after the last one is left out. */
  readonly everyMs: number;
  /** Older samples than this are dropped. */
  readonly windowMs: number;
  /** After a gap this long, as when the daemon was stopped, all earlier samples are dropped. */
  readonly longestGapMs: number;
}

/** Keeps the samples of the last while, at most one in so many milliseconds. */
export class SampleWindow<Sample extends { readonly atMs: number }> {
  readonly #bounds: SampleBounds;
  #samples: readonly Sample[] = [];

  constructor(bounds: SampleBounds) {
    this.#bounds = bounds;
  }

  /** In the order of time. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  clear(): void {
    this.#samples = [];
  }

  /** Drops all if the last one is too long ago, and says whether it did. */
  expire(nowMs: number): boolean {
    const last = this.#samples.at(-1);
    const isOver = last !== undefined && nowMs - last.atMs > this.#bounds.longestGapMs;
    if (isOver) this.clear();
    return isOver;
  }

  /** Adds the sample, if it is time for one; `make` is called only then. */
  add(nowMs: number, make: () => Sample): void {
    this.expire(nowMs);
    const last = this.#samples.at(-1);
    if (last !== undefined && nowMs - last.atMs < this.#bounds.everyMs) return;
    this.#samples = [...this.#samples, make()].filter(({ atMs }) => nowMs - atMs <= this.#bounds.windowMs);
  }
}
