import { SuspensionClock, TICK_MS } from '../clock/suspension.ts';
import { EncodePaceTracker, hasReadAll } from '../processes/encode-pace.ts';
import { EndTracker } from '../processes/end.ts';
import { gateOf, parseProcLocks } from '../processes/gate.ts';
import { FlowTracker, MOVED_BYTES, readProcessIo } from '../processes/io.ts';
import { isReservoir, reservoirOf, SentTracker, withRest } from '../processes/reservoir.ts';
import { SendQueueWatch } from '../processes/send-queue.ts';
import { StarvingTracker } from '../processes/starving.ts';
import { ProcessTable } from '../processes/table.ts';
import { PaceRecorder, paceSample } from './pace-recorder.ts';
import { currentOf, withFlow } from './progress.ts';
import type { ProgressBlock } from './progress-file.ts';
import { parseRunRecord } from './record.ts';
import { RunFiles, type RunLine } from './run-files.ts';
import { StreamsRecorder, streamsSample } from './streams-recorder.ts';
import type { RunExit } from '../../reconcile/model/observation.ts';
import { absent, known, type Observed, unknown } from '../../reconcile/model/observed.ts';
import type { PlayoutRun, Progress, UplinkRun } from '../../reconcile/model/run.ts';
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
  /** How long this machine has been suspended since boot, in all; null = could not be read. */
  readonly suspendedMs: number | null;
}

/** With this much written a playout's pipe of 64 KiB counts as full: FFmpeg writes in blocks of up to 32 KiB. */
const PRIMED_BYTES = 32_768;

/** An uplink as seen at one look, without its histories. */
type SeenUplink = Omit<UplinkRun, 'pace' | 'streams'> & {
  /** What its progress file says; null = nothing, or nothing of this moment. */
  readonly current: Progress | null;
  readonly news: ProgressBlock | null;
  readonly readBytes: number | null;
};

/** What follows one run from look to look. */
const followRun = () => ({
  flow: new FlowTracker(),
  sent: new SentTracker(),
  sendQueue: new SendQueueWatch(),
  starving: new StarvingTracker(),
  encodePace: new EncodePaceTracker(),
  end: new EndTracker(),
  pace: new PaceRecorder(),
  streams: new StreamsRecorder(),
});

/** Looks at every process of ours: which runs live, which is on air, and how far each has come. */
export class RunsObserver {
  readonly #source: RunsSource;
  readonly #table: ProcessTable;
  readonly #files: RunFiles;
  readonly #suspension = new SuspensionClock();
  readonly #followed = new Map<string, ReturnType<typeof followRun>>();
  #sawUplink = false;

  constructor(source: RunsSource) {
    this.#source = source;
    this.#table = new ProcessTable(source.stateId);
    this.#files = new RunFiles(source.stateDir, source.redact, source.onLine);
  }

  /** `mayStart`: an uplink may be started upon this look, if it shows none. */
  look(nowMs: number, mayStart = true): RunsLook {
    const suspendedMs = this.#suspension.look(nowMs);
    // Without it the age of a run is not known.
    if (suspendedMs === null)
      return { runs: unknown('neither /proc/uptime nor /proc/self/stat can be read'), exits: [], suspendedMs };
    // Before an uplink is started every process is read, so that a second one cannot be.
    const table = this.#table.read(nowMs, mayStart && !this.#sawUplink);
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
      const followed = this.#follow(runId);
      const movement = followed.flow.update(bytes, nowMs);
      // What FFmpeg writes is its log, too, which is long where media is damaged; its reservoir has the programme alone.
      const sentBytes = followed.sent.update(reservoir);
      const hasSent = sentBytes === null ? movement !== null : sentBytes >= MOVED_BYTES;
      const progress = withFlow(told, {
        hasFile,
        bytes,
        movement,
        ageMs: nowMs - startedAtMs,
        rateKbps: record?.kind === 'item' ? record.rateKbps : null,
      });
      const identity = { pid: first.pid, startTicks: first.startTicks };
      const base = { runId, specHash, ffmpegPid: first.sid, process: identity, startedAtMs, progress, lastError };
      if (role === 'uplink') {
        const sendQueue = main === null ? absent : followed.sendQueue.read(main.pid, nowMs);
        const life = main?.frozen === true ? 'frozen' : 'running';
        const current = currentOf(told, movement);
        uplinks.push({ ...base, role, life, sendQueue, current, news, readBytes: io?.readBytes ?? null });
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
          end: main === null ? followed.end.update(this.#source.exitOf(runId), nowMs) : null,
          record,
          sent,
          starving: followed.starving.update({ gate, reservoir }, progress?.outTimeMs ?? 0, nowMs),
          primed: main === null ? !isHollow(hasFile, told, hasSent) : (sentBytes ?? bytes) >= PRIMED_BYTES,
        };
        playouts.push({ ...seen, encodePace: followed.encodePace.update(seen, hasReadAll, nowMs) });
      }
    }
    this.#sawUplink = uplinks.length > 0;
    const alive = new Set(byRun.keys());
    for (const runId of this.#followed.keys()) if (!alive.has(runId)) this.#followed.delete(runId);
    const exits = this.#files.leftovers(alive).map(({ role, runId }): RunExit => {
      const { progress, lastError } = this.#files.read(role, runId, nowMs);
      const { code = null, signal = null } = this.#source.exitOf(runId) ?? {};
      return { runId, role, code, signal, outTimeMs: progress?.outTimeMs ?? null, lastError };
    });
    const holder = playouts.find(({ gate }) => gate?.place === 'holder') ?? null;
    const remembered = uplinks.map((uplink) => this.#remembered(uplink, holder, nowMs));
    return { runs: known({ uplinks: remembered, playouts }), exits, suspendedMs };
  }

  /** With its histories. */
  #remembered({ current, news, readBytes, ...run }: SeenUplink, holder: PlayoutRun | null, nowMs: number): UplinkRun {
    const { pace, streams } = this.#follow(run.runId);
    const flow = holder?.gate?.flow ?? null;
    const isRead = flow === 'starved' && holder !== null ? hasReadAll(holder) : null;
    return {
      ...run,
      pace: pace.update(paceSample(run, current, { flow, hasReadAll: isRead }, nowMs), nowMs),
      streams: streams.update(streamsSample(news, readBytes, holder?.runId ?? null, nowMs), nowMs),
    };
  }

  #follow(runId: string): ReturnType<typeof followRun> {
    const followed = this.#followed.get(runId) ?? followRun();
    this.#followed.set(runId, followed);
    return followed;
  }
}

/** Whether an FFmpeg that has ended wrote nothing: neither its progress file nor its bytes show any output. */
const isHollow = (hasFile: boolean, told: Progress | null, hasSent: boolean): boolean =>
  hasFile && (told === null || told.outTimeMs === 0) && !hasSent;
