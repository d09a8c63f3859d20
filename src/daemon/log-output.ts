import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { errorCode } from '../system/errors.ts';

/** Lines that wait for a reader who does not read are kept up to here; later ones are lost, and how many is told. */
const MOST_WAITING_BYTES = 1_048_576;

/** A reader who is merely slow is waited for; one who has not read for so long stands still. */
const PATIENCE_MS = 1_000;
const TRY_AGAIN_MS = 5;

/** Where the log goes. */
export interface LogOutput {
  /** Takes a complete line. Waits a second for a reader at most, and not again before that one reads; never throws. */
  write(line: string): void;
  /** For how long a line has waited for its reader, in milliseconds; 0 = none waits. */
  readonly silentMs: number;
  /** Resolves once all is written, or after this long. */
  flush(mostMs: number): Promise<void>;
}

/**
 * The log on this descriptor. A pipe or socket whose reader stands still, such as a stopped `tee`, must not stop the
 * daemon. As long as it reads, a line is written before `write` returns, so that a daemon that is killed has told all.
 */
export function openLogOutput(fd: number, now: () => number): LogOutput {
  const stats = fstatSync(fd);
  return stats.isFIFO() || stats.isSocket()
    ? new PipeOutput(fd, now)
    : { write: directly(fd), silentMs: 0, flush: done };
}

const done = async (): Promise<void> => undefined;

/** A disk that is full costs lines of the log, not the stream. */
const directly =
  (fd: number) =>
  (line: string): void => {
    try {
      writeSync(fd, line);
    } catch {
      // Nowhere is left to say so.
    }
  };

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

class PipeOutput implements LogOutput {
  readonly #fd: number;
  /** It also makes the descriptor one that is not waited for. */
  readonly #socket: Socket;
  readonly #now: () => number;
  #waitsSinceMs: number | null = null;
  #lost = 0;
  #flushed: (() => void) | null = null;

  constructor(fd: number, now: () => number) {
    this.#fd = fd;
    this.#now = now;
    this.#socket = new Socket({ fd, readable: false, writable: true });
    // A reader that is gone for good is nobody to wait for.
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
      // Each line that gets through is a sign of life of the reader.
      this.#waitsSinceMs = this.#socket.writableLength === 0 ? null : this.#now();
      if (this.#socket.writableLength === 0) this.#flushed?.();
    });
  }

  /** Answers with what the reader has not taken. */
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
