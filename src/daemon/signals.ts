/** `stop`: go off air, then end. `handOver`: end, and leave the stream to the next daemon. */
type Instruction = 'stop' | 'handOver';

/**
 * Takes SIGTERM, SIGINT and SIGHUP from the first moment on and keeps the instruction until the daemon can follow it: a
 * daemon that is still starting must not be ended by them and leave the stream without one.
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
