import type { Stream } from '../../src/reconcile/model/run.ts';
import { FileLock } from './kernel.ts';

/** Media of one playout on its way: from which place of its output, how much. */
export interface Chunk {
  readonly runId: string;
  readonly frame: string;
  readonly fromMs: number;
  /** The stream that is not in it; null = both are. */
  readonly missing: Stream | null;
  ms: number;
}

/** The FIFO, in milliseconds of media. Neither side ever sees the other go. */
export class Fifo {
  readonly #capacityMs: number;
  #chunks: Chunk[] = [];
  #filledMs = 0;

  constructor(capacityMs: number) {
    this.#capacityMs = capacityMs;
  }

  get roomMs(): number {
    return this.#capacityMs - this.#filledMs;
  }

  get filledMs(): number {
    return this.#filledMs;
  }

  write(chunk: Chunk): void {
    const last = this.#chunks.at(-1);
    if (last?.runId === chunk.runId && last.missing === chunk.missing) last.ms += chunk.ms;
    else this.#chunks.push({ ...chunk });
    this.#filledMs += chunk.ms;
  }

  /** Takes up to this much out. */
  read(mostMs: number): readonly Chunk[] {
    const taken: Chunk[] = [];
    let wantedMs = mostMs;
    while (wantedMs > 0 && this.#chunks.length > 0) {
      const first = this.#chunks[0]!;
      const ms = Math.min(first.ms, wantedMs);
      taken.push({ ...first, ms });
      wantedMs -= ms;
      this.#filledMs -= ms;
      this.#chunks =
        ms < first.ms
          ? [{ ...first, fromMs: first.fromMs + ms, ms: first.ms - ms }, ...this.#chunks.slice(1)]
          : this.#chunks.slice(1);
    }
    if (this.#chunks.length === 0) this.#filledMs = 0;
    return taken;
  }

  drain(): void {
    this.#chunks = [];
    this.#filledMs = 0;
  }
}

/** What the runs of a state directory share; whoever holds it open keeps it, whatever becomes of the names. */
export interface SimFeed {
  fifo: Fifo;
  programLock: FileLock;
  uplinkLock: FileLock;
}

/** 64 KiB at the rate of the simulated streams. */
export const PIPE_MS = 160;

export const newFeed = (): SimFeed => ({
  fifo: new Fifo(PIPE_MS),
  programLock: new FileLock(),
  uplinkLock: new FileLock(),
});
