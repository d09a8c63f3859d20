import { NO_LOGIN } from '../../src/reconcile/model/youtube/youtube.ts';
import type { DesiredSpec } from '../../src/reconcile/model/desired.ts';
import type { ItemFacts } from '../../src/reconcile/model/item.ts';
import type { Fetched, IngestProbe, Moment, Observation, RunExit } from '../../src/reconcile/model/observation.ts';
import { absent, known } from '../../src/reconcile/model/observed.ts';
import type { Action } from '../../src/reconcile/model/plan.ts';
import type { PlayoutSpec } from '../../src/reconcile/model/playout.ts';
import type { PlayoutRun, UplinkRun } from '../../src/reconcile/model/run.ts';
import { recordOf } from '../../src/reconcile/playout/record.ts';
import type { ActionResult, Pass, Ports } from '../../src/reconcile/ports.ts';
import { STORAGE_FAILURE } from './mutations.ts';
import { answers, desiredOk, factsOf, failed, listed, NOW_MS, ok, SPEC, WALL_MS } from './world-builder.ts';

interface Process {
  readonly runId: string;
  readonly specHash: string;
  readonly pid: number;
  readonly startedAtMs: number;
  outTimeMs: number;
  firstAtMs: number | null;
  advancedAtMs: number;
  dyingAtMs: number | null;
  frozen: boolean;
}

interface SimulatedUplink extends Process {
  unackedMs: number;
}

interface SimulatedPlayout extends Process {
  readonly spec: PlayoutSpec;
  place: 'holder' | 'waiter' | null;
}

/** How far a playout gets ahead of what is taken from it. */
const PIPE_MS = 500;
const COMES_UP_MS = 120;
const CONNECTS_MS = 300;
const TICK_MS = 50;

/**
 * A machine with a virtual clock: processes that start, play, hand over, die and obey signals, much as FFmpeg, `flock`
 * and `cat` do; simpler than they are. Time passes only in `sleep` and `advance`.
 */
export class SimulatedMachine {
  monoMs = NOW_MS;
  spec: DesiredSpec = SPEC;
  ingest: 'up' | 'refusing' | 'hung' = 'up';
  store: 'up' | 'down' = 'up';
  blind = false;
  readonly uplinks: SimulatedUplink[] = [];
  readonly playouts: SimulatedPlayout[] = [];
  readonly passes: Pass[] = [];
  /** Every moment at which no byte of the programme reached the ingest, in milliseconds added up. */
  darkMs = 0;
  sessions = 0;
  #exits: RunExit[] = [];
  #facts = new Map<string, Fetched<ItemFacts>>();
  #probe: IngestProbe = { kind: 'idle' };
  #nextPid = 1_000;
  #looks = 0;

  ports(): Ports {
    return {
      observe: () => Promise.resolve(this.observe()),
      act: (action) => Promise.resolve(this.act(action)),
      now: () => this.now(),
      publish: (pass) => {
        if (pass.plan.flaws.length > 0) throw new Error(`the plan breaks a law: ${pass.plan.flaws.join('; ')}`);
        this.passes.push(pass);
      },
      sleep: (ms) => Promise.resolve(this.advance(ms)),
    };
  }

  now(): Moment {
    return { monoMs: this.monoMs, wallMs: WALL_MS + this.monoMs - NOW_MS, nonce: `n${this.#looks++}` };
  }

  observe(): Observation {
    const { running, bitrateKbps, fps, media, resolution } = this.spec;
    const hash = JSON.stringify([running, bitrateKbps, fps, media, resolution]);
    return {
      desired: desiredOk(this.spec, hash),
      runs: this.blind
        ? { kind: 'unknown', why: '/proc cannot be read' }
        : known({
            uplinks: this.uplinks.map((run) => uplinkSeen(run)),
            playouts: this.playouts.map((run) => this.#playoutSeen(run)),
          }),
      suspendedMs: 0,
      exits: [...this.#exits],
      media: {
        facts: new Map(this.#facts),
        copies: new Map(),
        clips: new Map(),
        listings: answers(() => (this.store === 'up' ? listed(['rain.mp4', 'snow.mp4']) : failed(STORAGE_FAILURE))),
      },
      toolchain: { kind: 'ready', version: '7.1.5', keyDelivery: 'preset', toneMapping: true },
      mbuffer: 'missing',
      ingest: this.#probe,
      recycle: null,
      youtube: NO_LOGIN,
      obstacles: [],
      notifier: null,
    };
  }

  act(action: Action): ActionResult {
    switch (action.kind) {
      case 'startUplink':
        this.sessions++;
        this.uplinks.push({ ...this.#process(action), unackedMs: 0 });
        break;
      case 'startPlayout':
        this.playouts.push({ ...this.#process(action), spec: action.spec, place: null });
        break;
      case 'signal': {
        const process = [...this.uplinks, ...this.playouts].find(({ runId }) => runId === action.run.runId);
        if (process === undefined) break;
        if (action.signal === 'SIGKILL') this.kill(process.runId);
        else if (!process.frozen) process.dyingAtMs ??= this.monoMs + 100;
        break;
      }
      case 'inspectItem':
        this.#facts.set(
          action.key,
          this.store === 'up' ? ok(factsOf(action.key), this.monoMs) : failed(STORAGE_FAILURE),
        );
        break;
      case 'mendFacts':
        this.#facts.set(action.facts.key, ok(action.facts, this.monoMs));
        break;
      case 'probeIngest':
        this.#probe =
          this.ingest === 'refusing'
            ? { kind: 'refuses', atMs: this.monoMs, message: 'ECONNREFUSED' }
            : { kind: 'accepts', atMs: this.monoMs };
        break;
      case 'forgetRun':
        this.#exits = this.#exits.filter(({ runId }) => runId !== action.runId);
        break;
      case 'askYouTube':
      case 'keepCopy':
      case 'keepClip':
      case 'listMedia':
      case 'exit':
        break;
    }
    return { kind: 'done' };
  }

  /** As by SIGKILL, or the kernel for want of memory. */
  kill(runId: string): void {
    this.#end(runId, { code: null, signal: 'SIGKILL' });
  }

  advance(ms: number): void {
    for (let passed = 0; passed < ms; passed += TICK_MS) this.#tick(Math.min(TICK_MS, ms - passed));
  }

  #tick(ms: number): void {
    this.monoMs += ms;
    for (const run of [...this.uplinks, ...this.playouts]) {
      if (run.dyingAtMs !== null && run.dyingAtMs <= this.monoMs) this.#end(run.runId, { code: 255, signal: null });
    }
    for (const run of [...this.uplinks]) {
      if (this.ingest === 'refusing') this.#end(run.runId, { code: 1, signal: null });
    }
    this.#placePlayouts();
    const holder = this.playouts.find(({ place }) => place === 'holder');
    const uplink = this.uplinks.find((run) => !run.frozen && this.monoMs - run.startedAtMs >= CONNECTS_MS);
    const flows = uplink !== undefined && this.ingest === 'up';
    for (const run of this.playouts) {
      const free = run.place === 'holder' && flows;
      if (!run.frozen && run.place !== null && (free || run.outTimeMs < PIPE_MS)) this.#grow(run, ms);
    }
    for (const run of this.uplinks)
      run.unackedMs = this.ingest === 'hung' && run.outTimeMs > 0 ? run.unackedMs + ms : 0;
    if (flows && holder !== undefined && !holder.frozen) this.#grow(uplink, ms);
    else this.darkMs += ms;
    for (const run of [...this.playouts]) {
      const { spec } = run;
      const lengthMs = spec.kind === 'item' ? spec.part.lengthMs : null;
      if (lengthMs !== null && run.outTimeMs >= lengthMs) this.#end(run.runId, { code: 0, signal: null });
    }
    this.#placePlayouts();
  }

  /** The first in line gets the lock as soon as it is free. */
  #placePlayouts(): void {
    for (const run of this.playouts) {
      const held = this.playouts.some(({ place }) => place === 'holder');
      if (run.place === 'holder' || (run.place === null && this.monoMs - run.startedAtMs < COMES_UP_MS)) continue;
      run.place = held ? 'waiter' : 'holder';
    }
  }

  #grow(run: Process, ms: number): void {
    run.outTimeMs += ms;
    run.firstAtMs ??= this.monoMs;
    run.advancedAtMs = this.monoMs;
  }

  #process({ runId, specHash }: { readonly runId: string; readonly specHash: string }): Process {
    return {
      runId,
      specHash,
      pid: this.#nextPid++,
      startedAtMs: this.monoMs,
      outTimeMs: 0,
      firstAtMs: null,
      advancedAtMs: this.monoMs,
      dyingAtMs: null,
      frozen: false,
    };
  }

  #end(runId: string, how: Pick<RunExit, 'code' | 'signal'>): void {
    for (const [role, runs] of [
      ['uplink', this.uplinks],
      ['playout', this.playouts],
    ] as const) {
      const at = runs.findIndex((run) => run.runId === runId);
      const run = runs[at];
      if (run === undefined) continue;
      runs.splice(at, 1);
      this.#exits.push({ runId, role, ...how, outTimeMs: run.outTimeMs, lastError: null });
    }
  }

  #playoutSeen(run: SimulatedPlayout): PlayoutRun {
    const { place, spec } = run;
    const flow = run.frozen ? 'starved' : 'held';
    return {
      role: 'playout',
      ...seen(run),
      record: recordOf(spec),
      gate: place === null ? null : { pid: run.pid + 100_000, startTicks: run.startedAtMs, place, flow },
      reservoir: null,
      isClogged: false,
      end: null,
      starving: null,
      encodePace: null,
      sent: null,
      primed: run.outTimeMs >= PIPE_MS,
    };
  }
}

const uplinkSeen = (run: SimulatedUplink): UplinkRun => ({
  role: 'uplink',
  ...seen(run),
  pace: null,
  streams: null,
  sendQueue: run.firstAtMs === null ? absent : known({ queuedBytes: run.unackedMs, unackedMs: run.unackedMs }),
});

const seen = (
  run: Process,
): Pick<
  UplinkRun,
  'runId' | 'specHash' | 'process' | 'ffmpegPid' | 'life' | 'startedAtMs' | 'progress' | 'lastError'
> => ({
  runId: run.runId,
  specHash: run.specHash,
  process: { pid: run.pid, startTicks: run.startedAtMs },
  ffmpegPid: run.pid,
  life: run.frozen ? 'frozen' : 'running',
  startedAtMs: run.startedAtMs,
  progress: {
    outTimeMs: run.outTimeMs,
    totalBytes: run.outTimeMs * 400,
    advancedAtMs: run.advancedAtMs,
    firstAtMs: run.firstAtMs,
    ended: false,
  },
  lastError: null,
});
