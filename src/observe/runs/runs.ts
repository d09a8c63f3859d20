import { SuspensionClock, TICK_MS } from '../clock/suspension.ts';
import { EncodePaceTracker, hasReadAll } from '../processes/encode-pace.ts';
import { EndTracker } from '../processes/end.ts';
import { gateOf, parseProcLocks } from '../processes/gate.ts';
import { FlowTracker, readProcessIo } from '../processes/io.ts';
import { isReservoir, reservoirOf, withRest } from '../processes/reservoir.ts';
import { readSendQueue, SendQueueTracker } from '../processes/send-queue.ts';
import { StarvingTracker } from '../processes/starving.ts';
import { ProcessTable } from '../processes/table.ts';
import { PaceRecorder, paceSample } from './pace-recorder.ts';
import { withFlow } from './progress.ts';
import type { ProgressBlock } from './progress-file.ts';
import { parseRunRecord } from './record.ts';
import { RunFiles, type RunLine } from './run-files.ts';
import { StreamsRecorder, streamsSample } from './streams-recorder.ts';
import type { RunExit } from '../../reconcile/model/observation.ts';
import { absent, known, type Observed, unknown } from '../../reconcile/model/observed.ts';
import type { PaceHistory, PaceSample, PlayoutRun, Progress, UplinkRun } from '../../reconcile/model/run.ts';
import { readProc } from '../../system/proc.ts';

export interface RunsSource {
  readonly stateId: string;
  readonly stateDir: string;
  readonly redact: (text: string) => string;
  readonly onLine: (line: RunLine) => void;
  /** How our own children ended; null = not our child, or not yet reaped. */
  readonly exitOf: (runId: string) => { readonly code: number | null; readonly signal: string | null } | null;
}

export interface RunsLook {
  readonly runs: Observed<{ readonly uplinks: readonly UplinkRun[]; readonly playouts: readonly PlayoutRun[] }>;
  readonly exits: readonly RunExit[];
  /** How long this machine has been suspended since boot, in all; null = that could not be read. */
  readonly suspendedMs: number | null;
}

/** A playout that has written this much has its 64 KiB pipe full, as FFmpeg writes in blocks of up to 32 KiB. */
const PRIMED_BYTES = 32_768;

/** A queue that is acknowledged in time is looked at less often: the kernel may take 10 ms to tell. */
const CALM_QUEUE_EVERY_MS = 1_900;

/** As long as two looks at a calm queue may lie apart, and a pass more. */
const QUEUE_STANDS_IN_MS = 4_000;

/** An uplink at this look alone. */
type SeenUplink = Omit<UplinkRun, 'pace' | 'streams'> & {
  readonly told: Progress | null;
  readonly news: ProgressBlock | null;
  readonly readBytes: number | null;
};

interface FollowedQueue {
  readonly tracker: SendQueueTracker;
  last: UplinkRun['sendQueue'];
  readAtMs: number;
  knownAtMs: number;
}

/** Looks at every process of ours: who lives, who is on air, how far they are. */
export class RunsObserver {
  readonly #source: RunsSource;
  readonly #table: ProcessTable;
  readonly #files: RunFiles;
  readonly #suspension = new SuspensionClock();
  readonly #queues = new Map<string, FollowedQueue>();
  readonly #flows = new Map<string, FlowTracker>();
  readonly #starvings = new StarvingTracker();
  readonly #encodePaces = new EncodePaceTracker();
  readonly #ends = new EndTracker();
  readonly #paces = new Map<string, PaceRecorder>();
  readonly #streams = new Map<string, StreamsRecorder>();
  #sawUplink = false;

  constructor(source: RunsSource) {
    this.#source = source;
    this.#table = new ProcessTable(source.stateId);
    this.#files = new RunFiles(source.stateDir, source.redact, source.onLine);
  }

  look(nowMs: number): RunsLook {
    const suspendedMs = this.#suspension.look(nowMs);
    // Without it nobody can tell how old a run is.
    if (suspendedMs === null)
      return { runs: unknown('neither /proc/uptime nor /proc/self/stat can be read'), exits: [], suspendedMs };
    // Before an uplink may be started every process is looked at, so that a second one cannot come about.
    const table = this.#table.read(nowMs, !this.#sawUplink);
    if (table.kind !== 'known') return { runs: table, exits: [], suspendedMs };
    const byRun = Map.groupBy(table.value, ({ marker }) => marker.runId);
    const locks = readProc('/proc/locks');
    if (locks.kind !== 'text') return { runs: unknown('/proc/locks cannot be read'), exits: [], suspendedMs };
    const gates = table.value.filter(({ pid, sid }) => pid !== sid).map(({ pid }) => pid);
    const queue = parseProcLocks(locks.text, new Set(gates));
    const uplinks: SeenUplink[] = [];
    const playouts: PlayoutRun[] = [];
    for (const processes of byRun.values()) {
      const main = processes.find(({ pid, sid }) => pid === sid) ?? null;
      const first = main ?? processes.find(isReservoir) ?? processes[0]!;
      const startedAtMs = first.startTicks * TICK_MS - suspendedMs;
      const { role, runId, specHash } = first.marker;
      const { progress: told, news, hasFile, lastError, sent } = this.#files.read(role, runId, nowMs);
      const io = main === null ? null : readProcessIo(main.pid);
      const record = parseRunRecord(first.recordText);
      const reservoir = role === 'uplink' ? null : reservoirOf(processes, record);
      const bytes = (role === 'uplink' ? io?.readBytes : (io?.writtenBytes ?? reservoir?.bytes?.read)) ?? 0;
      const flow = this.#flow(runId).update(bytes, nowMs);
      const progress = withFlow(told, {
        hasFile,
        bytes,
        ...flow,
        ageMs: nowMs - startedAtMs,
        rateKbps: record?.kind === 'item' ? record.rateKbps : null,
      });
      const identity = { pid: first.pid, startTicks: first.startTicks };
      const base = { runId, specHash, ffmpegPid: first.sid, process: identity, startedAtMs, progress, lastError };
      if (role === 'uplink') {
        const sendQueue = main === null ? absent : this.#sendQueue(runId, main.pid, nowMs);
        const life = main?.frozen === true ? 'frozen' : 'running';
        uplinks.push({ ...base, role, life, sendQueue, told, news, readBytes: io?.readBytes ?? null });
      } else {
        const gate = gateOf(processes, queue);
        const seen: Omit<PlayoutRun, 'encodePace'> = {
          ...base,
          role,
          life: main === null ? 'draining' : main.frozen ? 'frozen' : 'running',
          progress: main === null ? withRest(progress, reservoir, record, nowMs) : progress,
          gate,
          reservoir,
          isClogged: processes.some((process) => process !== main && process.frozen),
          end: main === null ? this.#ends.update(runId, this.#source.exitOf(runId), nowMs) : null,
          record,
          sent,
          starving: this.#starvings.update({ runId, gate, reservoir }, progress?.outTimeMs ?? 0, nowMs),
          primed: main === null ? !isHollow(hasFile, told, flow.movedAtMs) : bytes >= PRIMED_BYTES,
        };
        playouts.push({ ...seen, encodePace: this.#encodePaces.update(seen, hasReadAll, nowMs) });
      }
    }
    this.#sawUplink = uplinks.length > 0;
    const alive = new Set(byRun.keys());
    for (const trackers of [this.#queues, this.#flows, this.#paces, this.#streams]) {
      for (const runId of trackers.keys()) if (!alive.has(runId)) trackers.delete(runId);
    }
    this.#starvings.keep(alive);
    this.#encodePaces.keep(alive);
    this.#ends.keep(alive);
    const exits = this.#files.leftovers(alive).map(({ role, runId }): RunExit => {
      const { progress, lastError } = this.#files.read(role, runId, nowMs);
      const exit = this.#source.exitOf(runId);
      return {
        runId,
        role,
        code: exit?.code ?? null,
        signal: exit?.signal ?? null,
        outTimeMs: progress?.outTimeMs ?? null,
        lastError,
      };
    });
    const holder = playouts.find(({ gate }) => gate?.place === 'holder') ?? null;
    const followed = uplinks.map((uplink) => this.#followed(uplink, holder, nowMs));
    return { runs: known({ uplinks: followed, playouts }), exits, suspendedMs };
  }

  /** With what is remembered of it from look to look. */
  #followed({ told, news, readBytes, ...run }: SeenUplink, holder: PlayoutRun | null, nowMs: number): UplinkRun {
    const flow = holder?.gate?.flow ?? null;
    const isRead = flow === 'starved' && holder !== null ? hasReadAll(holder) : null;
    const pace = this.#pace(run.runId, paceSample(run, told, { flow, hasReadAll: isRead }, nowMs));
    const streams = this.#streams.get(run.runId) ?? new StreamsRecorder();
    this.#streams.set(run.runId, streams);
    const sample = streamsSample(news, readBytes, holder?.runId ?? null, nowMs);
    return { ...run, pace, streams: streams.update(sample, nowMs) };
  }

  #pace(runId: string, sample: PaceSample | null): PaceHistory | null {
    const recorder = this.#paces.get(runId) ?? new PaceRecorder();
    this.#paces.set(runId, recorder);
    return recorder.update(sample);
  }

  #flow(runId: string): FlowTracker {
    const tracker = this.#flows.get(runId) ?? new FlowTracker();
    this.#flows.set(runId, tracker);
    return tracker;
  }

  #sendQueue(runId: string, pid: number, nowMs: number): UplinkRun['sendQueue'] {
    const followed = this.#queues.get(runId) ?? {
      tracker: new SendQueueTracker(),
      last: absent,
      readAtMs: 0,
      knownAtMs: 0,
    };
    this.#queues.set(runId, followed);
    const isCalm = followed.last.kind === 'known' && followed.last.value.unackedMs === 0;
    if (isCalm && nowMs - followed.readAtMs < CALM_QUEUE_EVERY_MS) return followed.last;
    const queue = readSendQueue(pid);
    followed.readAtMs = nowMs;
    if (queue.kind === 'known') followed.last = known(followed.tracker.update(queue.value, nowMs));
    else {
      followed.tracker.lose();
      // A read that fails once says nothing: what was seen a moment ago stands in for it.
      const isRecent = followed.last.kind === 'known' && nowMs - followed.knownAtMs < QUEUE_STANDS_IN_MS;
      if (queue.kind === 'absent' || !isRecent) followed.last = queue;
      return followed.last;
    }
    followed.knownAtMs = nowMs;
    return followed.last;
  }
}

/** FFmpeg has ended, and all that could tell of its output says that there was none. */
const isHollow = (hasFile: boolean, told: Progress | null, movedAtMs: number | null): boolean =>
  hasFile && (told === null || told.outTimeMs === 0) && movedAtMs === null;
