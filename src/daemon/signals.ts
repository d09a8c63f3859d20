/** What the daemon was told: go off air and end, or end and leave the stream to the next one. */
type Instruction = 'stop' | 'handOver';

/**
 * Takes SIGTERM, SIGINT and SIGHUP from the first moment on and keeps what was said until somebody can act on it: a
 * daemon that is still starting must not die of them and leave the stream to nobody.
 */
export class SignalInbox {
  #said: Instruction | null = null;
  #deliver: ((instruction: Instruction) => void) | null = null;

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#take('stop'));
    process.on('SIGHUP', () => this.#take('handOver'));
  }

  /** From now on every instruction comes here, also one that came before. */
  deliver(to: (instruction: Instruction) => void): void {
    this.#deliver = to;
    if (this.#said !== null) to(this.#said);
  }

  #take(instruction: Instruction): void {
    this.#said = instruction;
    this.#deliver?.(instruction);
  }
}
