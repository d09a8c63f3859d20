import { readdirSync } from 'node:fs';
import { absent, known, type Observed, unknown } from '../../reconcile/model/observed.ts';
import { type Marker, MARKER_VARIABLE, parseMarker, RECORD_VARIABLE } from '../../reconcile/model/run.ts';
import { errorCode } from '../../system/errors.ts';
import { parseProcStat } from '../../system/proc-stat.ts';
import { readProc } from '../../system/proc.ts';

/** One living process that carries our marker. */
export interface MarkedProcess {
  readonly pid: number;
  readonly startTicks: number;
  readonly sid: number;
  /** The first 15 bytes of its program's name. */
  readonly name: string;
  readonly frozen: boolean;
  readonly marker: Marker;
  /** The record it carries, as text; null when it carries none. */
  readonly recordText: string | null;
}

/** Every process is read again this often; in between only new ones and ours. */
const FULL_SCAN_EVERY_MS = 5_000;

/** The processes of one state directory, found by their marker in `/proc/PID/environ`. */
export class ProcessTable {
  readonly #stateId: string;
  readonly #root: string;
  /** PIDs known not to be ours, until the next full scan. */
  readonly #foreign = new Set<number>();
  #ours = new Map<number, MarkedProcess>();
  #scannedAtMs = Number.NEGATIVE_INFINITY;

  constructor(stateId: string, root = '/proc') {
    this.#stateId = stateId;
    this.#root = root;
  }

  /** The marked processes alive now. `thorough`: read every process, also those known not to be ours. */
  read(nowMs: number, thorough: boolean): Observed<readonly MarkedProcess[]> {
    let names: string[];
    try {
      names = readdirSync(this.#root);
    } catch (error) {
      return unknown(`${this.#root} cannot be read: ${errorCode(error)}`);
    }
    const pids = names.filter((name) => name >= '0' && name <= '9:').map(Number);
    if (pids.length === 0) return unknown(`${this.#root} shows no process`);
    if (thorough || nowMs - this.#scannedAtMs >= FULL_SCAN_EVERY_MS) {
      this.#foreign.clear();
      this.#scannedAtMs = nowMs;
    }
    const ours = new Map<number, MarkedProcess>();
    for (const pid of pids) {
      if (this.#foreign.has(pid)) continue;
      const found = this.#look(pid);
      if (found.kind === 'unknown') return found;
      if (found.kind === 'known') ours.set(pid, found.value);
      else if (found.kind === 'foreign') this.#foreign.add(pid);
    }
    const present = new Set(pids);
    for (const pid of this.#foreign) if (!present.has(pid)) this.#foreign.delete(pid);
    this.#ours = ours;
    return known([...ours.values()]);
  }

  /** `absent`: gone, or between two programs, so it is read again. `unknown`: it may be ours, and could not be read. */
  #look(pid: number): Observed<MarkedProcess> | { readonly kind: 'foreign' } {
    const before = this.#ours.get(pid);
    const stat = readProc(`${this.#root}/${pid}/stat`);
    if (stat.kind === 'refused') return before === undefined && isOfOthers(stat) ? FOREIGN : unknown(stat.why);
    const parsed = stat.kind === 'text' ? parseProcStat(stat.text) : null;
    if (parsed === null || parsed.state === 'Z' || parsed.state === 'X') return absent;
    // Kernel threads have session 0 and no environment.
    if (parsed.sid === 0) return FOREIGN;
    const frozen = parsed.state === 'T' || parsed.state === 't';
    const { startTicks, sid, name } = parsed;
    const environ = readProc(`${this.#root}/${pid}/environ`);
    // While a process executes another program its environment reads empty for a moment.
    if (environ.kind !== 'text' || environ.text === '') {
      if (before?.startTicks === startTicks) return known({ ...before, name, frozen });
      if (environ.kind !== 'refused') return absent;
      return isOfOthers(environ) ? FOREIGN : unknown(environ.why);
    }
    const variables = environ.text.split('\0');
    const marker = parseMarker(valueOf(variables, MARKER_VARIABLE) ?? '');
    if (marker === null || marker.stateId !== this.#stateId) return FOREIGN;
    return known({ pid, startTicks, sid, name, frozen, marker, recordText: valueOf(variables, RECORD_VARIABLE) });
  }
}

const FOREIGN = { kind: 'foreign' } as const;

/**
 * The kernel refuses the processes of other users by these codes, so one that was never seen to be ours is taken for one of
 * theirs, until the next full scan. Another code (EMFILE, EIO) is a failure of the moment, and tells nothing.
 */
const isOfOthers = ({ code }: { readonly code: string }): boolean => code === 'EACCES' || code === 'EPERM';

function valueOf(variables: readonly string[], name: string): string | null {
  const found = variables.find((variable) => variable.startsWith(`${name}=`));
  return found === undefined ? null : found.slice(name.length + 1);
}
