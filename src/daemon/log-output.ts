import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { errorCode } from '../system/errors.ts';

/** Lines that wait for the reader are kept up to this size; later ones are lost, and counted in the next line. */
const MOST_WAITING_BYTES = 1_048_576;

/** How long a slow reader is waited for; after that it counts as standing still. */
const PATIENCE_MS = 1_000;
const TRY_AGAIN_MS = 5;

/** Where the log goes. */
export interface LogOutput {
  /** Takes a complete line. Waits for the reader for a second at most, and then not again until it reads; never throws. */
  write(line: string): void;
  /** For how long a line has waited for its reader, in milliseconds; 0 = none waits. */
  readonly silentMs: number;
  /** Resolves once all is written, or after this long. */
  flush(mostMs: number): Promise<void>;
}

/**
 * The log on this descriptor. A pipe or socket whose reader stands still, such as a stopped `tee`, does not stop the
 * daemon. While the reader reads, `write` returns only when the line is written, so that a daemon that is killed has
 * written all.
 */
export function openLogOutput(fd: number, now: () => number): LogOutput {
  const stats = fstatSync(fd);
  if (stats.isFIFO() || stats.isSocket()) return new PipeOutput(fd, now);
  // On a full disk lines are lost, and the daemon goes on.
  const write = (line: string): void => {
    try {
      writeSync(fd, line);
    } catch {
      // There is no place left to report it.
    }
  };
  return { write, silentMs: 0, flush: async () => undefined };
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

class PipeOutput implements LogOutput {
  readonly #fd: number;
  /** Also makes the descriptor non-blocking. */
  readonly #socket: Socket;
  readonly #now: () => number;
  #waitsSinceMs: number | null = null;
  #lost = 0;
  #flushed: (() => void) | null = null;

  constructor(fd: number, now: () => number) {
    this.#fd = fd;
    this.#now = now;
    this.#socket = new Socket({ fd, readable: false, writable: true });
    // The reader is gone for good: nothing waits for it.
    this.#socket.on('error', () => undefined);
  }

  get silentMs(): number {
    return this.#waitsSinceMs === null || this.#socket.destroyed ? 0 : this.#now() - this.#waitsSinceMs;
  }

  write(line: string): void {
    if (this.#socket.destroyed) return;
    if (this.#socket.writableLength > MOST_WAITING_BYTES) {
      this.#lost += 1;
      return;
    }
    const lost =
      this.#lost === 0 ? '' : `{"level":"warn","msg":"${this.#lost} lines of the log were lost: nobody read them"}\n`;
    this.#lost = 0;
    const text = Buffer.from(lost + line);
    const rest = this.#socket.writableLength > 0 ? text : this.#writeNow(text);
    if (rest.length === 0) return;
    this.#waitsSinceMs ??= this.#now();
    this.#socket.write(rest, () => {
      // Each line that is taken shows that the reader reads.
      this.#waitsSinceMs = this.#socket.writableLength === 0 ? null : this.#now();
      if (this.#socket.writableLength === 0) this.#flushed?.();
    });
  }

  /** Returns the part that the reader has not taken. */
  #writeNow(text: Buffer): Buffer {
    const fromMs = this.#now();
    let rest = text;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        if (errorCode(error) !== 'EAGAIN' || this.#now() - fromMs > PATIENCE_MS) return rest;
        Atomics.wait(PAUSE, 0, 0, TRY_AGAIN_MS);
      }
    }
    return rest;
  }

  async flush(mostMs: number): Promise<void> {
    if (this.#socket.destroyed || this.#socket.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, mostMs);
      this.#flushed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
