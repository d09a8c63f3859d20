import type { DesiredFile } from '../../reconcile/model/desired.ts';
import { inTime } from '../../system/in-time.ts';

/** A pass waits this long for the file; a local disk takes a millisecond. */
const PATIENCE_MS = 1_000;

export interface PatientReaderParts {
  readonly read: () => Promise<DesiredFile>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Reads `desired.yaml` where its file system may hang, as a network mount does: the stream is looked after meanwhile, by
 * the last answer. One read at a time, so that at most one thread of Node's few hangs with it.
 */
export class PatientReader {
  readonly #parts: PatientReaderParts;
  #last: DesiredFile = { kind: 'missing', message: 'desired.yaml cannot be read: its file system does not answer' };
  #askedAtMs: number | null = null;

  constructor(parts: PatientReaderParts) {
    this.#parts = parts;
  }

  /** For how long the read under way has not been answered; 0 = none is under way. */
  get silentMs(): number {
    return this.#askedAtMs === null ? 0 : this.#parts.now() - this.#askedAtMs;
  }

  /** The file as it is now, or within a second as it was. A read that hangs is not waited for a second time. */
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
