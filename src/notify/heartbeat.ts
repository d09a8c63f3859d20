import { ProblemLog, type ProblemLogParts } from './problem-log.ts';
import { type Outgoing, type Reply, refusalIn } from './send.ts';

interface HeartbeatParts extends ProblemLogParts {
  /** A secret; GET on it is the sign of life. */
  readonly address: string;
  readonly everyMs: number;
  readonly send: (outgoing: Outgoing) => Promise<Reply>;
}

/**
 * A sign of life for a monitor elsewhere, sent while `/health` answers 200, at least `everyMs` apart. Only a finished pass
 * sends it, so a daemon that hangs sends none, like one that is dead. One at a time; no pass waits for the answer.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #sentAtMs = Number.NEGATIVE_INFINITY;
  #underWay = false;
  readonly #log: ProblemLog;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#log = new ProblemLog(parts);
  }

  /** A pass has finished. `httpStatus`: what `/health` answers by it; `monoMs`: monotonic. */
  passed({ httpStatus, monoMs }: { readonly httpStatus: 200 | 503; readonly monoMs: number }): void {
    const { address, everyMs, send } = this.#parts;
    if (httpStatus !== 200 || this.#underWay || monoMs - this.#sentAtMs < everyMs) return;
    this.#sentAtMs = monoMs;
    this.#underWay = true;
    void send({ method: 'GET', address, headers: {}, body: '' }).then((reply) => {
      this.#underWay = false;
      this.#log.note(refusalIn(reply), monoMs);
    });
  }
}
