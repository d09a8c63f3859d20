import type { DesiredFile } from '../../reconcile/model/desired.ts';
import { inTime } from '../../system/in-time.ts';

/** A pass waits at most this long for the file; a local disk takes a millisecond. */
const PATIENCE_MS = 1_000;

export interface PatientReaderParts {
  readonly read: () => Promise<DesiredFile>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Reads `desired.yaml` from a file system that may hang, such as a network mount: passes go on meanwhile with the last answer.
 * One read at a time, so that at most one of Node's few threads hangs.
 */
export class PatientReader {
  readonly #parts: PatientReaderParts;
  #last: DesiredFile = { kind: 'missing', message: 'desired.yaml cannot be read: its file system does not answer' };
  #askedAtMs: number | null = null;

  constructor(parts: PatientReaderParts) {
    this.#parts = parts;
  }

  /** How long the read under way has taken; 0 = none is under way. */
  get silentMs(): number {
    return this.#askedAtMs === null ? 0 : this.#parts.now() - this.#askedAtMs;
  }

  /** The file as it is now or, where the read takes longer than a second, as it was. A read that hangs is not waited for again. */
  async read(): Promise<DesiredFile> {
    if (this.#askedAtMs === null) await inTime(PATIENCE_MS, this.#ask(), () => undefined);
    return this.#last;
  }

  async #ask(): Promise<void> {
    this.#askedAtMs = this.#parts.now();
    this.#last = await this.#parts.read();
    this.#askedAtMs = null;
  }
}
