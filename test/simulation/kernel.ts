import type { Random } from './random.ts';

export type SignalName = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

/** What a process runs. `onTerm`: SIGTERM has arrived; a stopped process hears it when it goes on. */
export interface Program {
  onTerm(): void;
  /** The process is no more; its locks and descriptors go with it. */
  onEnd(): void;
}

export interface SimProcess {
  readonly pid: number;
  readonly startTicks: number;
  /** Number of its session and process group: its own PID for a leader. */
  readonly session: number;
  readonly environ: Readonly<Record<string, string>>;
  readonly program: Program;
  stopped: boolean;
  termPending: boolean;
  alive: boolean;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** `flock`: one holder, a line of waiters. The lock changes hands in the instant its holder ends; who of several gets it is the kernel's affair. */
export class FileLock {
  holder: SimProcess | null = null;
  waiters: SimProcess[] = [];

  release(process: SimProcess, random: Random): void {
    this.waiters = this.waiters.filter((other) => other !== process);
    if (this.holder !== process) return;
    const next = this.waiters.length === 0 ? null : random.chance(0.8) ? this.waiters[0]! : random.pick(this.waiters);
    this.waiters = this.waiters.filter((other) => other !== next);
    this.holder = next;
  }

  /** As `flock --nonblock` for `wait: false`: false = refused. */
  take(process: SimProcess, wait: boolean): boolean {
    if (this.holder === null) this.holder = process;
    else if (!wait) return false;
    else this.waiters.push(process);
    return true;
  }
}

/** So few PIDs that they come round again soon. */
const FIRST_PID = 100;
const LAST_PID = 139;

/** Processes, PIDs that are used again, signals and locks, as far as a daemon can tell them from the real ones. */
export class Kernel {
  readonly processes = new Map<number, SimProcess>();
  /** Signals that reached a process without our marker: there must never be one. */
  readonly foreignSignals: string[] = [];
  readonly #random: Random;
  readonly #bootMs: () => number;
  readonly #onEnd: (process: SimProcess, exit: Exit) => void;
  #nextPid = FIRST_PID;

  /** `bootMs`: time since boot, suspension included. */
  constructor(random: Random, bootMs: () => number, onEnd: (process: SimProcess, exit: Exit) => void) {
    this.#random = random;
    this.#bootMs = bootMs;
    this.#onEnd = onEnd;
  }

  spawn(program: Program, environ: SimProcess['environ'], session: number | null = null): SimProcess {
    const pid = this.#freePid();
    const startTicks = Math.floor(this.#bootMs() / 10);
    const process: SimProcess = {
      pid,
      startTicks,
      session: session ?? pid,
      environ,
      program,
      stopped: false,
      termPending: false,
      alive: true,
    };
    this.processes.set(pid, process);
    return process;
  }

  /** The process ends, by itself or by force. */
  end(process: SimProcess, exit: Exit): void {
    if (!process.alive) return;
    process.alive = false;
    this.processes.delete(process.pid);
    process.program.onEnd();
    this.#onEnd(process, exit);
  }

  /** As kill(2). `group`: every process of that session. */
  signal(pid: number, signal: SignalName, scope: 'process' | 'group'): void {
    const targets = [...this.processes.values()].filter((process) =>
      scope === 'group' ? process.session === pid : process.pid === pid,
    );
    for (const target of targets) this.#deliver(target, signal);
  }

  #deliver(target: SimProcess, signal: SignalName): void {
    if (target.environ['STREAM_CONTROLLER_RUN'] === undefined) this.foreignSignals.push(`${signal} to ${target.pid}`);
    switch (signal) {
      case 'SIGKILL':
        return this.end(target, { code: null, signal: 'SIGKILL' });
      case 'SIGSTOP':
        target.stopped = true;
        return;
      case 'SIGCONT':
        target.stopped = false;
        if (target.termPending) target.program.onTerm();
        target.termPending = false;
        return;
      case 'SIGTERM':
        if (target.stopped) target.termPending = true;
        else target.program.onTerm();
    }
  }

  releaseLocks(locks: readonly FileLock[], process: SimProcess): void {
    for (const lock of locks) lock.release(process, this.#random);
  }

  #namesSession(pid: number): boolean {
    for (const process of this.processes.values()) if (process.session === pid) return true;
    return false;
  }

  /** The next of the round that is free, as Linux gives them out: never one that still names a session. */
  #freePid(): number {
    for (let tries = 0; tries <= LAST_PID - FIRST_PID; tries++) {
      const pid = this.#nextPid;
      this.#nextPid = pid >= LAST_PID ? FIRST_PID : pid + 1;
      if (!this.processes.has(pid) && !this.#namesSession(pid)) return pid;
    }
    throw new Error('the simulated machine has run out of PIDs');
  }
}
