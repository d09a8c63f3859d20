import type { IngestProbe } from '../../src/reconcile/model/observation.ts';
import type { Machine } from './machine.ts';

const EVERY_MS = 1_500;
const TIMEOUT_MS = 2_000;

/** Tries the simulated ingest's port, as `IngestPortProbe` tries the real one. */
export class SimIngestProbe {
  readonly #machine: Machine;
  readonly #wake: () => void;
  #probe: IngestProbe = { kind: 'idle' };
  #busy = false;
  #triedAtMs = Number.NEGATIVE_INFINITY;

  constructor(machine: Machine, wake: () => void) {
    this.#machine = machine;
    this.#wake = wake;
  }

  read(): IngestProbe {
    const fresh = this.#probe.kind !== 'idle' && this.#machine.monoMs - this.#probe.atMs <= 2 * (EVERY_MS + TIMEOUT_MS);
    if (!fresh) this.#probe = { kind: 'idle' };
    return this.#probe;
  }

  ask(): void {
    const machine = this.#machine;
    if (this.#busy || machine.monoMs - this.#triedAtMs < EVERY_MS) return;
    this.#busy = true;
    this.#triedAtMs = machine.monoMs;
    const vanishes = machine.ingest.mode === 'blackhole';
    machine.after(vanishes ? TIMEOUT_MS : 40, () => {
      this.#busy = false;
      const before = this.#probe.kind;
      const atMs = machine.monoMs;
      if (vanishes) this.#probe = { kind: 'refuses', atMs, message: 'no answer' };
      else if (machine.ingest.mode === 'refuse') this.#probe = { kind: 'refuses', atMs, message: 'ECONNREFUSED' };
      else this.#probe = { kind: 'accepts', atMs };
      if (this.#probe.kind !== before) this.#wake();
    });
  }
}
