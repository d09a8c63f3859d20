import { formatMarker, MARKER_VARIABLE, RECORD_VARIABLE, type Role } from '../../src/reconcile/model/run.ts';
import { recordOf } from '../../src/reconcile/playout/record.ts';
import { newFeed, type SimFeed } from './feed.ts';
import { spawnIdle } from './ffmpeg.ts';
import { SimIngest } from './ingest.ts';
import { type Exit, Kernel, type SimProcess } from './kernel.ts';
import { newObjects } from './library.ts';
import { PlayoutProgram, type PlayoutStart } from './playout-program.ts';
import { Random } from './random.ts';
import { SECRETS } from './secrets.ts';
import { SimStateDir } from './state-dir.ts';
import { SimObjectStore, SimProbeCache } from './store.ts';
import { UplinkProgram } from './uplink-program.ts';

/** Nothing happens in between. */
const STEP_MS = 100;
const WALL_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
/** How long the machine has been up when the first daemon starts. */
const BOOTS_IN_MS = 40_000;

export const STATE_ID = '00112233aabbccdd';

/** A machine with everything a daemon may meet on it, and a virtual clock. It obeys; it knows nothing of right or wrong. */
export class Machine {
  readonly secrets = SECRETS;
  readonly random: Random;
  readonly kernel: Kernel;
  readonly ingest = new SimIngest();
  readonly dir = new SimStateDir();
  readonly store: SimObjectStore;
  readonly probes = new SimProbeCache();
  /** Virtual time; never stops, never steps. */
  nowMs = 0;
  bootAtMs = -BOOTS_IN_MS;
  bootId = 'boot-0';
  suspendedMs = 0;
  wallStepMs = 0;
  /** `desired.yaml` as it stands on the disk; null = there is none. */
  desired: string | null = null;
  /** `/proc` cannot be read. */
  blind = false;
  /** fork fails, for want of memory or PIDs. */
  spawnFails = false;
  ffmpeg: { readonly kind: 'there'; readonly identity: number } | { readonly kind: 'missing' } = {
    kind: 'there',
    identity: 1,
  };
  /** Which stream an uplink's `out_time` is of: up to FFmpeg 6.1 the foremost, from 7 on the rearmost. */
  readonly outTimeIs: 'foremost' | 'rearmost';
  uplinks: UplinkProgram[] = [];
  playouts: PlayoutProgram[] = [];
  /** Runs that somebody else started by hand, beside the locks. */
  readonly strays = new Set<string>();
  /** What nobody on the machine knows: `slateMs`: how much of the slate an uplink has taken in. */
  readonly ledger = {
    urlRefusals: 0,
    darkMs: 0,
    slateMs: 0,
    slates: new Set<string>(),
    endedEarly: new Set<string>(),
    /** Items of which one stream alone came into the FIFO. */
    oneSided: new Set<string>(),
  };
  onExit: (runId: string, exit: Exit) => void = () => undefined;
  #timers: { atMs: number; act: () => void }[] = [];
  /** A promise was resolved, so that somebody may want to go on. */
  answered = false;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.outTimeIs = seed % 2 === 0 ? 'rearmost' : 'foremost';
    this.kernel = new Kernel(
      this.random,
      () => this.monoMs + this.suspendedMs,
      (process, exit) => this.#ended(process, exit),
    );
    this.store = new SimObjectStore(
      () => this.nowMs,
      (ms) => this.later(ms),
    );
    for (const [key, object] of newObjects()) this.store.objects.set(key, object);
    for (let others = 0; others < 5; others++) spawnIdle(this.kernel);
  }

  get monoMs(): number {
    return Math.floor(this.nowMs - this.bootAtMs);
  }

  get wallMs(): number {
    return Math.floor(WALL_MS + this.nowMs + this.suspendedMs + this.wallStepMs);
  }

  after(ms: number, act: () => void): void {
    this.#timers.push({ atMs: this.nowMs + ms, act });
  }

  later(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, () => {
        this.answered = true;
        resolve();
      });
    });
  }

  /** One step of time, at most `STEP_MS` long; answers with its length. */
  step(mostMs: number): number {
    const ms = Math.min(STEP_MS, mostMs);
    this.nowMs += ms;
    if (this.#timers.length > 0) {
      const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs);
      if (due.length > 0) {
        this.#timers = this.#timers.filter(({ atMs }) => atMs > this.nowMs);
        for (const { act } of due) act();
      }
    }
    for (const playout of this.playouts) playout.tick(ms);
    for (const uplink of this.uplinks) uplink.tick(ms);
    for (const playout of this.playouts) playout.settle();
    this.#forgetTheDead();
    if (this.nowMs - this.ingest.lastPictureAtMs > 1.5 * STEP_MS) this.ledger.darkMs += ms;
    return ms;
  }

  startUplink(feed: SimFeed, runId: string, specHash: string, stateId = STATE_ID): UplinkProgram {
    const program = new UplinkProgram(this, feed, runId, specHash, this.dir.openRun('uplink', runId));
    program.process = this.kernel.spawn(program, environOf('uplink', runId, specHash, null, stateId));
    this.uplinks.push(program);
    return program;
  }

  startPlayout(
    feed: SimFeed,
    run: PlayoutStart,
    urlEndsAtMs: number,
    record: string | null = JSON.stringify(recordOf(run.spec)),
  ): PlayoutProgram {
    const program = new PlayoutProgram(this, feed, run, this.dir.openRun('playout', run.runId), urlEndsAtMs);
    program.main = this.kernel.spawn(program, environOf('playout', run.runId, run.specHash, record, STATE_ID));
    this.playouts.push(program);
    if (run.spec.kind === 'slate') this.ledger.slates.add(run.runId);
    return program;
  }

  /** Everything ends at once; the disk keeps what is on it. */
  reboot(): void {
    for (const process of this.kernel.processes.values()) this.kernel.end(process, { code: null, signal: 'SIGKILL' });
    this.uplinks = [];
    this.playouts = [];
    this.#timers = [];
    this.bootAtMs = this.nowMs - 15_000;
    this.suspendedMs = 0;
    this.bootId = `boot-${Math.round(this.nowMs)}`;
    if (this.dir.exists && this.dir.feed !== null) this.dir.feed = newFeed();
    for (let others = 0; others < 5; others++) spawnIdle(this.kernel);
  }

  /** The lid is closed for this long: the ingest hangs up, the monotonic clock stands still. */
  suspend(ms: number): void {
    this.suspendedMs += ms;
    this.after(2_500, () => undefined);
    for (const connection of this.ingest.connections) this.after(2_500, () => void (connection.broken = true));
  }

  #ended(process: SimProcess, exit: Exit): void {
    const marker = process.environ[MARKER_VARIABLE];
    if (marker === undefined || process.session !== process.pid) return;
    this.onExit(marker.slice(marker.lastIndexOf(':') + 1), exit);
  }

  #forgetTheDead(): void {
    if (this.uplinks.some(({ process }) => process?.alive !== true)) {
      this.uplinks = this.uplinks.filter(({ process }) => process?.alive === true);
    }
    if (this.playouts.some(isDead)) this.playouts = this.playouts.filter((playout) => !isDead(playout));
  }
}

const isDead = ({ main, gate }: PlayoutProgram): boolean => main?.alive !== true && gate?.alive !== true;

const environOf = (
  role: Role,
  runId: string,
  specHash: string,
  record: string | null,
  stateId: string,
): Readonly<Record<string, string>> => ({
  [MARKER_VARIABLE]: formatMarker({ stateId, role, specHash, runId }),
  ...(record === null ? {} : { [RECORD_VARIABLE]: record }),
});
