import { connect } from 'node:net';
import type { IngestProbe } from '../reconcile/model/observation.ts';
import { errorCode } from '../system/errors.ts';

const EVERY_MS = 1_000;
const TIMEOUT_MS = 2_000;

/** Tries the ingest's TCP port, without publishing; one try at a time, one a second. */
export class IngestPort {
  readonly #host: string;
  readonly #port: number;
  readonly #now: () => number;
  readonly #wake: () => void;
  #probe: IngestProbe = { kind: 'idle' };
  #busy = false;
  #triedAtMs = Number.NEGATIVE_INFINITY;

  /** `url`: rtmp:// or rtmps://. `now`: monotonic milliseconds. */
  constructor(url: string, now: () => number, wake: () => void) {
    const { host, port } = ingestAddress(url);
    this.#host = host;
    this.#port = port;
    this.#now = now;
    this.#wake = wake;
  }

  /** The last answer, while it is no older than 6 s. */
  read(): IngestProbe {
    const { kind } = this.#probe;
    if (kind !== 'idle' && this.#now() - this.#probe.atMs > 2 * (EVERY_MS + TIMEOUT_MS)) this.#probe = { kind: 'idle' };
    return this.#probe;
  }

  /** Tries the port, unless a try is under way or was made within the last second. */
  ask(): void {
    if (this.#busy || this.#now() - this.#triedAtMs < EVERY_MS) return;
    this.#busy = true;
    this.#triedAtMs = this.#now();
    const socket = connect({ host: this.#host, port: this.#port, timeout: TIMEOUT_MS });
    const settle = (failure: string | null): void => {
      socket.destroy();
      if (!this.#busy) return;
      this.#busy = false;
      const before = this.#probe.kind;
      const atMs = this.#now();
      this.#probe = failure === null ? { kind: 'accepts', atMs } : { kind: 'refuses', atMs, message: failure };
      if (this.#probe.kind !== before) this.#wake();
    };
    socket.once('connect', () => settle(null));
    socket.once('timeout', () => settle('no answer'));
    socket.once('error', (error) => settle(errorCode(error)));
  }
}

/** Host and port of an rtmp:// or rtmps:// URL. */
export function ingestAddress(url: string): { readonly host: string; readonly port: number; readonly isTls: boolean } {
  const { hostname, port, protocol } = new URL(url);
  const isTls = protocol === 'rtmps:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isTls ? 443 : 1935) : Number(port),
    isTls,
  };
}
