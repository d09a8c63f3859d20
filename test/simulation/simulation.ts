import type { LoopEnd } from '../../src/reconcile/loop.ts';
import { STATE_FILES } from '../../src/state/files.ts';
import { whatIsMissing } from './convergence.ts';
import { DaemonDied, type DaemonSettings, SimDaemon } from './daemon.ts';
import { Judge, Violation } from './judge.ts';
import { type Edit, FIRST_EDIT, yamlOf } from './library.ts';
import { Machine } from './machine.ts';

/** One fault, ready to happen. */
export interface Happening {
  readonly name: string;
  readonly happen: (simulation: Simulation) => void;
}

export interface Scenario {
  readonly seed: number;
  readonly settings: DaemonSettings;
  /** What happens, each after waiting this long for the one before. */
  readonly steps: readonly { readonly afterMs: number; readonly fault: Happening }[];
}

/** Passes without anything to do, in a row, that count as converged. */
const QUIET_PASSES = 20;
/** From the last fault to a converged world: the longest wait of the retry policy, what a start takes, and the quiet passes. */
export const CONVERGES_WITHIN_MS = 180_000 + QUIET_PASSES * 1_200;
/** How soon systemd starts a daemon again. */
const RESTARTS_AFTER_MS = 1_000;

/** The machine, the daemons on it one after the other, the faults, and the judge. */
export class Simulation {
  readonly machine: Machine;
  readonly judge: Judge;
  readonly settings: DaemonSettings;
  daemon: SimDaemon | null = null;
  edit: Edit = FIRST_EDIT;
  /** The operator has ended the daemon, so that nobody starts it again until he does. */
  startsAtMs = 0;
  /** Ended daemons by how they ended. */
  readonly ends: LoopEnd['kind'][] = [];
  daemons = 0;
  #happenings: { readonly atMs: number; readonly fault: Happening }[];
  #untilMs = 0;
  readonly trace: string[] = [];

  constructor({ seed, settings, steps }: Scenario) {
    this.machine = new Machine(seed);
    this.settings = settings;
    this.judge = new Judge(this.machine);
    this.machine.desired = yamlOf(FIRST_EDIT);
    this.machine.onExit = (runId, exit) => this.daemon?.childEnded(runId, exit);
    let atMs = 0;
    this.#happenings = steps.map(({ afterMs, fault }) => ({ atMs: (atMs += afterMs), fault }));
  }

  /** Both phases; throws a `Violation` if a promise is broken. */
  async run(): Promise<void> {
    const last = this.#happenings.at(-1)?.atMs ?? 0;
    await this.live(last + 1);
    this.heal();
    await this.converge(CONVERGES_WITHIN_MS);
  }

  /** Until the world is as wished and has been quiet for a while. */
  async converge(withinMs: number): Promise<void> {
    const { machine, judge } = this;
    const beganAtMs = machine.nowMs;
    let quiet = 0;
    let missing: string | null = 'no daemon looked';
    judge.onPass = (daemon, pass) => {
      missing = whatIsMissing(machine, daemon, pass);
      quiet = missing === null ? quiet + 1 : 0;
    };
    await this.live(withinMs, () => quiet >= QUIET_PASSES);
    judge.onPass = () => undefined;
    if (quiet >= QUIET_PASSES) return;
    throw new Violation(`not converged ${Math.round(machine.nowMs - beganAtMs)} ms after the last fault: ${missing}`);
  }

  /** Lets time pass, with systemd at work. */
  async live(ms: number, until: () => boolean = () => false): Promise<void> {
    const { machine } = this;
    this.#untilMs = machine.nowMs + ms;
    this.#until = until;
    while (machine.nowMs < this.#untilMs && !until()) {
      if (this.daemon === null && machine.nowMs >= this.startsAtMs) this.start();
      if (this.daemon === null) await this.#pass(100);
      else await this.#runDaemon(this.daemon);
    }
  }
  #until: () => boolean = () => false;
  #running: Promise<LoopEnd> | null = null;
  #pauses: (() => void) | null = null;
  #goOn: (() => void) | null = null;

  /** What systemd does. A second daemon finds the lock taken, and ends. */
  start(): void {
    if (this.daemon !== null) return;
    this.daemon = SimDaemon.start(this.machine, this.settings, this.judge, (daemon, elapseMs, woken) =>
      this.#elapse(daemon, elapseMs, woken),
    );
    this.daemons++;
    if (this.daemon === null) this.startsAtMs = this.machine.nowMs + RESTARTS_AFTER_MS;
  }

  /** As SIGKILL. */
  killDaemon(): void {
    if (this.daemon === null) return;
    this.daemon.dead = true;
    this.daemon = null;
    this.startsAtMs = this.machine.nowMs + RESTARTS_AFTER_MS;
    this.#running = null;
    this.#pauses?.();
  }

  note(line: string): void {
    this.trace.push(`${(this.machine.nowMs / 1_000).toFixed(1).padStart(7)} s  ${line}`);
  }

  /** All faults end; what they left behind stays. */
  heal(): void {
    const { machine } = this;
    this.note('-- the faults end --');
    machine.ingest.mode = 'accept';
    machine.store.mode = 'up';
    machine.dir.disk = 'ok';
    machine.blind = false;
    machine.spawnFails = false;
    if (machine.ffmpeg.kind === 'missing') machine.ffmpeg = { kind: 'there', identity: 1 };
    machine.desired = yamlOf(this.edit);
    this.startsAtMs = Math.min(this.startsAtMs, machine.nowMs + RESTARTS_AFTER_MS);
  }

  /** Runs this daemon until it ends, or until the time given to `live` is over: then it is suspended in mid-air. */
  async #runDaemon(daemon: SimDaemon): Promise<void> {
    this.#running ??= daemon.run();
    const paused = new Promise<null>((resolve) => (this.#pauses = () => resolve(null)));
    this.#goOn?.();
    this.#goOn = null;
    try {
      const end = await Promise.race([this.#running, paused]);
      if (end !== null && this.daemon === daemon) this.#ended(end);
    } catch (error) {
      if (!(error instanceof DaemonDied)) throw error;
      if (this.daemon === daemon) this.killDaemon();
    }
  }

  #ended(end: LoopEnd): void {
    this.note(end.kind === 'exit' ? `the daemon exits ${end.code}: ${end.message}` : 'the daemon hands over');
    this.ends.push(end.kind);
    const code = end.kind === 'exit' ? end.code : 75;
    const asked = this.daemon?.stopping === true;
    if (code === 0 && !asked) throw new Violation('the daemon ended though nobody asked it to');
    this.daemon = null;
    this.#running = null;
    this.startsAtMs = this.machine.nowMs + (code === 0 ? this.#operatorWaitsMs : RESTARTS_AFTER_MS);
  }
  readonly #operatorWaitsMs = 8_000;

  async #elapse(daemon: SimDaemon, ms: number, woken: () => boolean = () => false): Promise<void> {
    const endMs = this.machine.nowMs + ms;
    while (this.machine.nowMs < endMs && !woken()) {
      if (daemon.dead) throw new DaemonDied();
      if (this.machine.nowMs >= this.#untilMs || this.#until()) {
        this.#pauses?.();
        await new Promise<void>((resolve) => (this.#goOn = resolve));
        continue;
      }
      await this.#pass(endMs - this.machine.nowMs);
    }
    if (daemon.dead) throw new DaemonDied();
  }

  /** One step of the world, and what happens at its end. */
  async #pass(mostMs: number): Promise<void> {
    const { machine } = this;
    const next = this.#happenings[0];
    machine.step(Math.max(1, Math.min(mostMs, next === undefined ? mostMs : next.atMs - machine.nowMs)));
    if (machine.answered) {
      machine.answered = false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.judge.ticked();
    while (this.#happenings[0] !== undefined && this.#happenings[0].atMs <= machine.nowMs) {
      const { fault } = this.#happenings.shift()!;
      this.note(fault.name);
      fault.happen(this);
    }
  }

  /** Texts of the state directory, for faults that spoil them. */
  get stateText(): string | null {
    return this.machine.dir.texts.get(STATE_FILES.state) ?? null;
  }
}
