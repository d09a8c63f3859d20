import { type NotifyTarget, problemWith, requestFor } from './message.ts';
import { ProblemLog, type ProblemLogParts } from './problem-log.ts';
import type { Outgoing, Reply } from './send.ts';
import type { Notice } from '../reconcile/model/memory.ts';
import type { Moment, NotifierView } from '../reconcile/model/observation.ts';

interface NotifierParts extends ProblemLogParts, Pick<NotifierView, 'afterMs'> {
  readonly target: NotifyTarget;
  readonly send: (outgoing: Outgoing) => Promise<Reply>;
  readonly version: string;
}

/** The wait after a first failure; doubled with each more, up to the longest. */
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 10 * 60_000;
/** More than can wait at a time: the planner takes what was delivered out of its outbox in the next pass. */
const MOST_REMEMBERED = 8;

/**
 * Sends the notices of the planner's outbox, one at a time and in order, and tells the next pass what became of them. It
 * decides only when to try again. No pass waits for it.
 */
export class Notifier {
  readonly #parts: NotifierParts;
  readonly #log: ProblemLog;
  #view: NotifierView;
  #underWay = false;
  #failures = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
    this.#log = new ProblemLog(parts);
    this.#view = { afterMs: parts.afterMs, delivered: [], last: null };
  }

  /** What the next pass may know of it. */
  read(): NotifierView {
    return this.#view;
  }

  /** A pass has finished; `outbox`: what it remembers as still to be told. */
  passed(outbox: readonly Notice[], now: Moment): void {
    const { target, version, send } = this.#parts;
    const notice = outbox.find(({ id }) => !this.#view.delivered.includes(id));
    if (notice === undefined || this.#underWay || now.monoMs < this.#notBeforeMs) return;
    this.#underWay = true;
    void send(requestFor(notice, target, version)).then((reply) => {
      this.#underWay = false;
      this.#conclude(notice, problemWith(reply, target.format), now);
    });
  }

  #conclude({ id }: Notice, why: string | null, { monoMs, wallMs }: Moment): void {
    this.#log.note(why, monoMs);
    if (why === null) {
      this.#failures = 0;
      const delivered = [...this.#view.delivered, id].slice(-MOST_REMEMBERED);
      this.#view = { ...this.#view, delivered, last: { kind: 'delivered', atWallMs: wallMs } };
      return;
    }
    this.#notBeforeMs = monoMs + Math.min(FIRST_WAIT_MS * 2 ** this.#failures, LONGEST_WAIT_MS);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#view = { ...this.#view, last: { kind: 'failed', why, atWallMs: wallMs } };
  }
}
