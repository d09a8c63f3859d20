import type { PlayoutSpec } from '../../src/reconcile/model/playout.ts';
import type { Stream } from '../../src/reconcile/model/run.ts';
import { recordOf } from '../../src/reconcile/playout/record.ts';
import { PIPE_MS, type SimFeed } from './feed.ts';
import { type Blocked, BYTES_PER_MS, STATS_EVERY_MS, TermManners } from './ffmpeg.ts';
import type { Program, SimProcess } from './kernel.ts';
import type { Machine } from './machine.ts';
import type { RunFile } from './state-dir.ts';
import type { SimObject } from './store.ts';

/** FFmpeg's own reconnect gives up after this. */
const RECONNECTS_FOR_MS = 4_000;
/** A connection that stands and brings nothing is cut by FFmpeg's `-rw_timeout` after this. */
const STANDS_FOR_MS = 20_000;
/** How much faster than real time a slate or an item can be made. */
const SPEED = 3;

/** What `reservoirBytes` comes to at the rate of the simulated streams. */
const SIM_RESERVOIR_MS = 25_000;

export interface PlayoutStart {
  readonly runId: string;
  readonly specHash: string;
  readonly spec: PlayoutSpec;
  readonly reservoirBytes: number | null;
}

/** One playout: FFmpeg and, as a process of its own in the same session, the gate its bytes pass through. */
export class PlayoutProgram implements Program {
  readonly runId: string;
  readonly specHash: string;
  readonly spec: PlayoutSpec;
  readonly frame: string;
  main: SimProcess | null = null;
  /** FFmpeg hangs, and hears nothing but SIGKILL. */
  wedged = false;
  gate: SimProcess | null = null;
  /** Programme in memory before the gate; null = it has none, or not yet. */
  reservoir: SimProcess | null = null;
  readonly #machine: Machine;
  readonly #feed: SimFeed;
  readonly #file: RunFile | null;
  readonly #manners = new TermManners();
  readonly #gateAtMs: number;
  readonly #opensAtMs: number;
  readonly #urlEndsAtMs: number;
  #object: SimObject | null = null;
  #open = false;
  #noInputSinceMs: number | null = null;
  readonly #hasReservoir: boolean;
  #outMs = 0;
  /** In the pipe behind FFmpeg, in the reservoir, in the pipe before the gate; without a reservoir in the last alone. */
  #headMs = 0;
  #heldMs = 0;
  #pipeMs = 0;
  #drawnMs = 0;
  #idleMs = 0;
  #passedMs = 0;
  #gateSaw: 'held' | 'starved' | 'moving' = 'starved';
  #statsAtMs = 0;

  constructor(machine: Machine, feed: SimFeed, run: PlayoutStart, file: RunFile | null, urlEndsAtMs: number) {
    this.#machine = machine;
    this.#feed = feed;
    this.runId = run.runId;
    this.specHash = run.specHash;
    this.spec = run.spec;
    this.frame = recordOf(run.spec).frame;
    this.#hasReservoir = run.reservoirBytes !== null;
    this.#file = file;
    this.#urlEndsAtMs = urlEndsAtMs;
    this.#gateAtMs = machine.nowMs + machine.random.between(5, 80);
    this.#opensAtMs = machine.nowMs + machine.random.between(60, run.spec.kind === 'slate' ? 150 : 700);
  }

  get feed(): SimFeed {
    return this.#feed;
  }

  /** How much of it has gone into the FIFO. */
  get passedMs(): number {
    return this.#passedMs;
  }

  /** Bytes its reservoir has read and written; null = it has none. */
  get reservoirBytes(): { readonly read: number; readonly written: number } | null {
    if (this.reservoir === null) return null;
    const [read, written] = [this.#drawnMs, this.#drawnMs - this.#heldMs].map((ms) => Math.round(ms * BYTES_PER_MS));
    return { read: read ?? 0, written: written ?? 0 };
  }

  get writtenMs(): number {
    return this.#outMs;
  }

  get writtenBytes(): number {
    return Math.round(this.#outMs * BYTES_PER_MS);
  }

  /** What stands in its reservoir, to be seen if nobody throws it away. */
  get heldMs(): number {
    return this.reservoir?.alive === true ? this.#heldMs : 0;
  }

  /** How much FFmpeg has made, or could have made had there been room for it. */
  get madeMs(): number {
    return this.#outMs + this.#idleMs;
  }

  /** Where its gate stands, as `/proc/locks` tells. */
  get place(): 'holder' | 'waiter' | 'neither' {
    const { programLock } = this.#feed;
    if (this.gate === null) return 'neither';
    if (programLock.holder === this.gate) return 'holder';
    return programLock.waiters.includes(this.gate) ? 'waiter' : 'neither';
  }

  get flow(): 'held' | 'starved' | 'moving' {
    if (this.place === 'waiter') return 'held';
    return this.gate?.stopped === true ? 'moving' : this.#gateSaw;
  }

  onTerm(): void {
    if (!this.wedged) this.#manners.heard(this.#blocked, this.#machine.nowMs);
  }

  onEnd(): void {
    // Its output is closed; the gate passes on what is left.
  }

  tick(ms: number): void {
    const machine = this.#machine;
    const { main } = this;
    if (main?.alive === true && !main.stopped && !this.wedged) this.#play(main, ms);
    if (this.gate === null && main?.alive === true && machine.nowMs >= this.#gateAtMs) {
      this.#startGate(main);
      if (this.#hasReservoir) this.#startReservoir(main);
    }
    this.settle();
  }

  get #blocked(): Blocked {
    if (this.#hasReservoir) {
      if (this.#headMs >= PIPE_MS) return 'pipe';
    } else if (this.#pipeMs >= PIPE_MS && (this.place !== 'holder' || this.#feed.fifo.roomMs < 1)) return 'pipe';
    return this.#open || this.spec.kind === 'slate' ? 'no' : 'socket';
  }

  #startGate(main: SimProcess): void {
    const { kernel } = this.#machine;
    const onGateEnd = (): void => {
      const gate = this.gate;
      if (gate === null) return;
      kernel.releaseLocks([this.#feed.programLock], gate);
      // Nobody reads its output any more; from outside that cannot be told from an end of its own.
      if (this.spec.kind === 'item') this.#machine.ledger.endedEarly.add(this.spec.facts.key);
      this.#breakPipe(this.reservoir?.alive === true ? this.reservoir : main);
    };
    const program: Program = {
      onTerm: () => this.gate !== null && kernel.end(this.gate, { code: null, signal: 'SIGTERM' }),
      onEnd: onGateEnd,
    };
    this.gate = kernel.spawn(program, main.environ, main.session);
    this.#feed.programLock.take(this.gate, true);
  }

  #startReservoir(main: SimProcess): void {
    const { kernel } = this.#machine;
    const program: Program = {
      onTerm: () => this.reservoir !== null && kernel.end(this.reservoir, { code: null, signal: 'SIGTERM' }),
      onEnd: () => {
        if (main.alive && this.spec.kind === 'item') this.#machine.ledger.endedEarly.add(this.spec.facts.key);
        this.#breakPipe(main);
      },
    };
    this.reservoir = kernel.spawn(program, main.environ, main.session);
  }

  /** Nobody reads any more what this process writes. */
  #breakPipe(writer: SimProcess): void {
    const { kernel } = this.#machine;
    if (writer.alive) this.#machine.after(30, () => kernel.end(writer, { code: 1, signal: null }));
  }

  #play(main: SimProcess, ms: number): void {
    const machine = this.#machine;
    if (this.#manners.isDue(this.#blocked, machine.nowMs)) return this.#end(main, 255, null);
    if (this.gate === null || machine.nowMs < this.#opensAtMs) return;
    if (this.spec.kind === 'item' && !this.#hasInput(main)) return;
    if (!main.alive) return;
    const rate = this.spec.kind === 'item' && machine.store.mode === 'slow' ? 0.4 : SPEED;
    const restMs = this.#lengthMs - this.#outMs;
    const roomMs = PIPE_MS - (this.#hasReservoir ? this.#headMs : this.#pipeMs);
    const madeMs = Math.max(0, Math.min(ms * rate, roomMs, restMs));
    this.#outMs += madeMs;
    if (roomMs < ms) this.#idleMs += Math.max(0, ms - madeMs);
    if (this.#hasReservoir) this.#headMs += madeMs;
    else this.#pipeMs += madeMs;
    if (madeMs > 0 && machine.nowMs - this.#statsAtMs >= STATS_EVERY_MS) this.#tell(false);
    if (this.#outMs >= this.#lengthMs - 0.5) this.#end(main, 0, null);
  }

  /** How long it really plays, whatever was promised. */
  get #lengthMs(): number {
    const { spec } = this;
    const object = this.#object;
    if (spec.kind === 'slate' || object === null) return Number.POSITIVE_INFINITY;
    const { offsetMs } = spec.part.cursor;
    const wholeMs = spec.part.lengthMs ?? Math.max(0, object.realMs - offsetMs);
    return object.truncatedAtMs === null ? wholeMs : Math.min(wholeMs, Math.max(0, object.truncatedAtMs - offsetMs));
  }

  /** The stream that what passes now has not. */
  get #missing(): Stream | null {
    const { spec } = this;
    const object = this.#object;
    const missing = object?.missing ?? null;
    if (spec.kind !== 'item' || object === null || missing === null) return null;
    const atMs = (spec.part.cursor.offsetMs + this.#passedMs) % object.realMs;
    if (atMs < missing.fromMs) return null;
    this.#machine.ledger.oneSided.add(spec.facts.key);
    return missing.stream;
  }

  /** Opens the object, and tells whether it brings anything now. FFmpeg ends with 0 when its input fails in the middle. */
  #hasInput(main: SimProcess): boolean {
    const machine = this.#machine;
    if (this.spec.kind !== 'item') return true;
    const { mode, objects } = machine.store;
    if (mode === 'dead' || mode === 'down') {
      const since = (this.#noInputSinceMs ??= machine.nowMs);
      const patienceMs = mode === 'dead' ? STANDS_FOR_MS : RECONNECTS_FOR_MS;
      if (machine.nowMs - since > patienceMs) this.#end(main, this.#open ? 0 : 1, 'Input/output error');
      return false;
    }
    const reopens =
      !this.#open || (this.#noInputSinceMs !== null && machine.nowMs - this.#noInputSinceMs > 500) || this.#loops;
    this.#noInputSinceMs = null;
    if (!reopens) return true;
    const object = objects.get(this.spec.facts.key);
    if (object === undefined || object.forbidden || machine.nowMs > this.#urlEndsAtMs) {
      machine.ledger.urlRefusals += object !== undefined && !object.forbidden ? 1 : 0;
      this.#end(main, this.#open ? 0 : 1, 'HTTP error 403 Forbidden');
      return false;
    }
    if (!object.decodable || object.hollow) {
      this.#end(main, 1, 'Invalid data found when processing input');
      return false;
    }
    this.#object ??= object;
    this.#open = true;
    return true;
  }

  /** It is about to read its object from the beginning again. */
  get #loops(): boolean {
    const { spec } = this;
    const object = this.#object;
    if (spec.kind !== 'item' || object === null || spec.part.loops < 2) return false;
    return this.#outMs > 0 && this.#outMs % object.realMs < 50;
  }

  /** The gate: from FFmpeg's pipe to the FIFO, as soon as the lock is its own. */
  settle(): void {
    const { gate } = this;
    this.#pump();
    if (gate === null || !gate.alive || gate.stopped || this.place !== 'holder') return;
    const movedMs = Math.min(this.#pipeMs, this.#feed.fifo.roomMs);
    if (movedMs > 0) {
      const { runId, frame } = this;
      this.#feed.fifo.write({ runId, frame, fromMs: this.#passedMs, missing: this.#missing, ms: movedMs });
      this.#pipeMs -= movedMs;
      this.#passedMs += movedMs;
    }
    this.#gateSaw = this.#feed.fifo.roomMs < 1 ? 'held' : this.#pipeMs > 0 ? 'moving' : 'starved';
    const feeder = this.#hasReservoir ? this.reservoir : this.main;
    if (feeder?.alive !== true && this.#pipeMs <= 0.5) this.#machine.kernel.end(gate, { code: 0, signal: null });
  }

  /** The reservoir: from FFmpeg's pipe into memory, and on to the gate's pipe. It ends when there is nothing more to come. */
  #pump(): void {
    const { reservoir } = this;
    if (reservoir === null || !reservoir.alive || reservoir.stopped) return;
    const inMs = Math.min(this.#headMs, SIM_RESERVOIR_MS - this.#heldMs);
    this.#headMs -= inMs;
    this.#heldMs += inMs;
    this.#drawnMs += inMs;
    const onMs = Math.min(this.#heldMs, PIPE_MS - this.#pipeMs);
    this.#heldMs -= onMs;
    this.#pipeMs += onMs;
    const isDry = this.#headMs <= 0.5 && this.#heldMs <= 0.5;
    if (this.main?.alive !== true && isDry) this.#machine.kernel.end(reservoir, { code: 0, signal: null });
  }

  #tell(ended: boolean): void {
    this.#statsAtMs = this.#machine.nowMs;
    if (this.#file === null || this.#machine.dir.refusal !== null) return;
    this.#file.progress = { outTimeMs: Math.round(this.#outMs), totalBytes: this.writtenBytes, ended };
  }

  #end(main: SimProcess, code: number, complaint: string | null): void {
    this.#tell(true);
    const isCut = this.#object?.truncatedAtMs !== undefined && this.#object.truncatedAtMs !== null;
    if (this.spec.kind === 'item' && (complaint !== null || isCut)) {
      this.#machine.ledger.endedEarly.add(this.spec.facts.key);
    }
    if (this.#file !== null && complaint !== null) this.#file.lastError = complaint;
    this.#machine.kernel.end(main, { code, signal: null });
  }
}
