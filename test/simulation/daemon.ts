import { NO_LOGIN } from '../../src/reconcile/model/youtube/youtube.ts';
import { pino } from 'pino';
import { Publisher } from '../../src/daemon/publisher.ts';
import { MediaCatalogue } from '../../src/observe/media/catalogue.ts';
import { Observer } from '../../src/observe/observer.ts';
import { type LoopEnd, ReconcileLoop } from '../../src/reconcile/loop.ts';
import { atDaemonStart } from '../../src/reconcile/memory/backoff.ts';
import type { Memory } from '../../src/reconcile/model/memory.ts';
import type { Observation, Toolchain } from '../../src/reconcile/model/observation.ts';
import type { Action } from '../../src/reconcile/model/plan.ts';
import type { PlanSettings } from '../../src/reconcile/plan.ts';
import { keyDigest } from '../../src/reconcile/playout/hashes.ts';
import type { ActionResult, Pass } from '../../src/reconcile/ports.ts';
import { STATE_FILES } from '../../src/state/files.ts';
import { parseMemory } from '../../src/state/memory-file.ts';
import type { StateDir } from '../../src/state/state-dir.ts';
import { createRedactor } from '../../src/text/redact.ts';
import { actOn } from './actuator.ts';
import type { SimFeed } from './feed.ts';
import { SimIngestProbe } from './ingest-probe.ts';
import type { Exit } from './kernel.ts';
import { readDesiredText } from './library.ts';
import { type Machine, STATE_ID } from './machine.ts';
import type { Boot } from '../../src/system/boot.ts';
import { SimRunsObserver } from './observer.ts';
import { SECRETS } from './secrets.ts';
import { SimStateStore } from './state-dir.ts';

/** What a daemon is started with. */
export interface DaemonSettings {
  readonly urlTtlS: number;
  readonly delayMs: number;
  readonly maxRetries: number;
  /** Default: it is at hand. */
  readonly mbuffer?: Observation['mbuffer'];
}

/** Who looks over the daemon's shoulder. */
export interface Watcher {
  looked(daemon: SimDaemon, observation: Observation): void;
  /** Just before an effect. */
  acting(daemon: SimDaemon, action: Action): void;
  /** What people and programs get to read. */
  said(text: string): void;
  passed(daemon: SimDaemon, pass: Pass): void;
}

const bootOf = ({ bootId }: Machine): Boot => ({ id: bootId, namespaceStartTicks: null });

/** Ends the loop as SIGKILL ends the process: nothing after it is done. */
export class DaemonDied extends Error {}

/** How time passes for a daemon: everything else of the world happens in it. Rejects with `DaemonDied` when it is killed meanwhile. */
export type Elapse = (daemon: SimDaemon, ms: number, until?: () => boolean) => Promise<void>;

/** The real loop, planner, catalogue, observer and publisher, wired as in `src/daemon/wiring.ts` to simulated ports. */
export class SimDaemon {
  readonly loop: ReconcileLoop;
  readonly planSettings: Omit<PlanSettings, 'intent'>;
  readonly startedAtMs: number;
  /** SIGTERM came. */
  stopping = false;
  /** It had come when the pass under way was planned. */
  plannedToStop = false;
  /** It dies before or after one of its next effects. */
  doom: { effects: number; readonly when: 'before' | 'after' } | null = null;
  dead = false;
  passes = 0;
  readonly #machine: Machine;
  readonly #elapse: Elapse;
  readonly #exits = new Map<string, Exit>();
  readonly #children = new Set<string>();
  #woken = false;
  #toolchain: { readonly identity: number; readonly readyAtMs: number } | null = null;

  /** null = the state directory cannot be used, so it exits at once. */
  static start(machine: Machine, settings: DaemonSettings, watcher: Watcher, elapse: Elapse): SimDaemon | null {
    const feed = machine.dir.openFeed(feedInUse(machine));
    return feed === null ? null : new SimDaemon(machine, settings, watcher, elapse, feed);
  }

  private constructor(machine: Machine, settings: DaemonSettings, watcher: Watcher, elapse: Elapse, feed: SimFeed) {
    this.#machine = machine;
    this.#elapse = elapse;
    this.startedAtMs = machine.nowMs;
    const redact = createRedactor(Object.values(SECRETS));
    const store = new SimStateStore(machine.dir);
    const catalogue = new MediaCatalogue({
      storage: machine.store,
      probe: machine.store.probe,
      sample: machine.store.sample,
      cache: machine.probes,
      urlTtlS: settings.urlTtlS,
      now: () => machine.monoMs,
      wake: this.wake,
    });
    const runs = new SimRunsObserver(machine, redact, (runId) => this.#exits.get(runId) ?? null);
    const probe = new SimIngestProbe(machine, this.wake);
    const lastGood = store.load(STATE_FILES.lastGood);
    const observer = new Observer(
      {
        readDesired: () => Promise.resolve(readDesiredText(machine.desired)),
        lookAtRuns: () => runs.look(),
        lookAtMedia: () => Promise.resolve({ copies: new Map(), clips: new Map(), ...catalogue.tables() }),
        toolchain: () => this.#readToolchain(store),
        mbuffer: () => settings.mbuffer ?? 'atHand',
        ingest: () => probe.read(),
        obstacles: [],
        notifier: () => null,
        recycle: () => null,
        youtube: () => NO_LOGIN,
      },
      lastGood === null ? null : readDesiredText(lastGood),
    );
    const log = pino(
      { level: 'debug', base: null, timestamp: false, hooks: { streamWrite: redact } },
      { write: (line: string) => watcher.said(line) },
    );
    const publisher = new Publisher({
      countsFetches: true,
      lastProgressWallMs: null,
      log,
      store: store as unknown as StateDir,
      boot: bootOf(machine),
      version: '0.0.0',
      textOf: () => machine.desired,
      now: () => machine.monoMs,
      silences: () => [],
    });
    const parts = {
      machine,
      feed,
      catalogue,
      probe,
      urlTtlS: settings.urlTtlS,
      onStart: (runId: string) => void this.#children.add(runId),
    };
    this.planSettings = {
      policy: { delayMs: settings.delayMs, maxRetries: settings.maxRetries },
      urlTtlMs: settings.urlTtlS * 1_000,
      target: { url: 'rtmp://ingest.example/live2', keyDigest: keyDigest(SECRETS.streamKey, STATE_ID) },
      stateId: STATE_ID,
      youTubePollMs: 60_000,
    };
    const memory = parseMemory(store.load(STATE_FILES.state), bootOf(machine), machine);
    const kept: Memory = { ...memory, uplink: { ...memory.uplink, backoff: atDaemonStart(memory.uplink.backoff) } };
    this.loop = new ReconcileLoop(
      {
        observe: async () => {
          await elapse(this, machine.random.between(0, 8));
          const observation = await observer.observe();
          watcher.looked(this, observation);
          // The world goes on between the look and what is done about it.
          await elapse(this, machine.random.between(0, 4));
          return observation;
        },
        act: (action) => this.#act(action, watcher, () => actOn(parts, action)),
        now: () => {
          this.plannedToStop = this.stopping;
          const nonce = `n${Math.round(machine.nowMs * 1_000).toString(36)}`;
          return { monoMs: machine.monoMs, wallMs: machine.wallMs, nonce };
        },
        publish: (pass) => {
          if (pass.plan.flaws.length > 0) throw new Error(`the plan breaks a law: ${pass.plan.flaws.join('; ')}`);
          this.passes++;
          publisher.publish(pass);
          if (publisher.report !== null) watcher.said(JSON.stringify(publisher.report));
          watcher.passed(this, pass);
        },
        sleep: async (ms) => {
          await elapse(this, ms, () => this.#woken);
          this.#woken = false;
        },
      },
      this.planSettings,
      kept,
    );
  }

  readonly wake = (): void => {
    this.#woken = true;
  };

  run(): Promise<LoopEnd> {
    return this.loop.run();
  }

  /** A child of this daemon has ended. */
  childEnded(runId: string, exit: Exit): void {
    if (!this.#children.delete(runId)) return;
    this.#exits.set(runId, exit);
    for (const oldest of this.#exits.keys()) if (this.#exits.size > 64) this.#exits.delete(oldest);
    this.wake();
  }

  async #act(action: Action, watcher: Watcher, carryOut: () => Promise<ActionResult>): Promise<ActionResult> {
    await this.#elapse(this, this.#machine.random.between(0, 3));
    this.#mayDie('before');
    watcher.acting(this, action);
    const result = await carryOut();
    this.#mayDie('after');
    return result;
  }

  #mayDie(when: 'before' | 'after'): void {
    if (this.doom === null || this.doom.when !== when) return;
    if (this.doom.effects-- > 0) return;
    this.dead = true;
    throw new DaemonDied();
  }

  /** A binary not seen before is looked at for a while; what was found is kept. */
  #readToolchain(store: SimStateStore): Toolchain {
    const { ffmpeg, nowMs } = this.#machine;
    if (ffmpeg.kind === 'missing')
      return { kind: 'unusable', reason: 'FfmpegMissing', message: 'ffmpeg is not on PATH' };
    const ready: Toolchain = { kind: 'ready', version: '7.1.5', keyDelivery: 'preset', toneMapping: true };
    if (this.#toolchain?.identity !== ffmpeg.identity) {
      const remembered = store.load(STATE_FILES.toolchain) === String(ffmpeg.identity);
      this.#toolchain = { identity: ffmpeg.identity, readyAtMs: remembered ? nowMs : nowMs + 900 };
      if (!remembered) this.#machine.after(901, this.wake);
    }
    if (nowMs < this.#toolchain.readyAtMs) return { kind: 'checking' };
    store.save(STATE_FILES.toolchain, String(ffmpeg.identity));
    return ready;
  }
}

/** The FIFO and locks of runs that live, whatever has become of the names. */
function feedInUse(machine: Machine): Partial<SimFeed> {
  const uplink = machine.uplinks.find(
    ({ process, runId }) => process?.alive === true && !machine.strays.has(runId),
  )?.feed;
  const playout = machine.playouts.find(({ runId }) => !machine.strays.has(runId))?.feed;
  const fifo = uplink?.fifo ?? playout?.fifo;
  return {
    ...(fifo === undefined ? {} : { fifo }),
    ...(uplink === undefined ? {} : { uplinkLock: uplink.uplinkLock }),
    ...(playout === undefined ? {} : { programLock: playout.programLock }),
  };
}
