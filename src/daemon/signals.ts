/** What the daemon was told: go off air and end, or end and leave the stream to the next one. */
export type Instruction = 'stop' | 'handOver';

/**
 * Takes SIGTERM, SIGINT and SIGHUP from the first moment on and keeps what was said until somebody can act on it: a
 * daemon that is still starting must not die of them and leave the stream to nobody.
 */
export class SignalInbox {
  #wish: Instruction | null = null;
  #deliver: ((wish: Instruction) => void) | null = null;

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#take('stop'));
    process.on('SIGHUP', () => this.#take('handOver'));
  }

  /** From now on every wish comes here, also one that came before. */
  deliver(to: (wish: Instruction) => void): void {
    this.#deliver = to;
    if (this.#wish !== null) to(this.#wish);
  }

  #take(wish: Instruction): void {
    this.#wish = wish;
    this.#deliver?.(wish);
  }
}
