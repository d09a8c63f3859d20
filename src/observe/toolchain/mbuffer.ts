import { execFileSync } from 'node:child_process';
import type { Observation } from '../../reconcile/model/observation.ts';
import { programIdentity } from '../../system/programs.ts';

/** It usually answers within milliseconds. */
const ANSWERS_WITHIN_MS = 2_000;
/** A failed try is repeated after this: an upgrade may be under way, or memory short. */
const AGAIN_AFTER_MS = 60_000;
/** The options of a reservoir, but small. */
const ARGS = ['-q', '-Q', '-s', '4k', '-m', '262144b'];
const PROOF = 'programme';

/** Watches the `mbuffer` binary: it is used only after this very binary has passed a text on. */
export class MbufferWatch {
  readonly #find: () => string | null;
  readonly #now: () => number;
  #identity = '';
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #answer: Observation['mbuffer'] = 'missing';

  /** `find` looks for the binary anew each time: null = there is none. `now`: monotonic milliseconds. */
  constructor(find: () => string | null, now: () => number) {
    this.#find = find;
    this.#now = now;
  }

  /** Whether it works; a new or changed binary is tried at once. */
  read(): Observation['mbuffer'] {
    const path = this.#find();
    const look = path === null ? null : programIdentity(path);
    if (path === null || look === null || look.kind === 'absent') {
      this.#identity = '';
      return 'missing';
    }
    // A look that failed tells nothing of the binary that was tried. Where none was, this one is tried all the same.
    const identity = look.kind === 'known' ? look.value : this.#identity || path;
    const isLate = this.#answer === 'missing' && this.#now() - this.#askedAtMs >= AGAIN_AFTER_MS;
    if (identity !== this.#identity || isLate) {
      this.#identity = identity;
      this.#askedAtMs = this.#now();
      this.#answer = passesOn(path) ? 'atHand' : 'missing';
    }
    return this.#answer;
  }
}

/** Whether this `mbuffer` passes on what it is given, with the options a reservoir has. Never throws. */
export function passesOn(path: string): boolean {
  try {
    const options = { input: PROOF, env: { HOME: '/nonexistent' }, timeout: ANSWERS_WITHIN_MS } as const;
    return execFileSync(path, ARGS, { ...options, stdio: ['pipe', 'pipe', 'ignore'] }).toString() === PROOF;
  } catch {
    return false;
  }
}
