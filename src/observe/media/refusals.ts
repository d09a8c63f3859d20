import type { ListedObject } from '../../reconcile/model/item.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';

interface Refusal {
  readonly version: string;
  readonly failure: MediaFailure;
  readonly times: number;
  readonly atMs: number;
}

/** The first wait; each further one is twice as long, up to `LONGEST_WAIT_MS`. */
const SHORTEST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 3_600_000;

/** Objects that could not be played, by version: their bytes are read again only after a wait, as the inspection itself may have failed. */
export class Refusals {
  readonly #most: number;
  readonly #refusals = new Map<string, Refusal>();

  /** `most`: how many are kept; the oldest makes room. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Why this object cannot be played; null = not known, or its bytes are to be read again. */
  known({ key, version }: ListedObject, nowMs: number): MediaFailure | null {
    const refusal = this.#refusals.get(key);
    if (refusal === undefined || refusal.version !== version) return null;
    const waitMs = Math.min(SHORTEST_WAIT_MS * 2 ** (refusal.times - 1), LONGEST_WAIT_MS);
    return nowMs - refusal.atMs < waitMs ? refusal.failure : null;
  }

  /** The bytes of this object were read, and could not be played. */
  add({ key, version }: ListedObject, failure: MediaFailure, nowMs: number): void {
    const before = this.#refusals.get(key);
    const times = before?.version === version ? before.times + 1 : 1;
    this.#refusals.delete(key);
    this.#refusals.set(key, { version, failure, times, atMs: nowMs });
    for (const oldest of this.#refusals.keys()) {
      if (this.#refusals.size <= this.#most) break;
      this.#refusals.delete(oldest);
    }
  }

  /** Whether another version was refused under this key. */
  isReplaced({ key, version }: ListedObject): boolean {
    const refusal = this.#refusals.get(key);
    return refusal !== undefined && refusal.version !== version;
  }

  forget(key: string): void {
    this.#refusals.delete(key);
  }
}
