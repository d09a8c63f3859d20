import { EndTracker } from '../../src/observe/processes/end.ts';
import { FlowTracker } from '../../src/observe/processes/io.ts';
import { withRest } from '../../src/observe/processes/reservoir.ts';
import { SendQueueTracker } from '../../src/observe/processes/send-queue.ts';
import { StarvingTracker } from '../../src/observe/processes/starving.ts';
import { PaceRecorder, paceSample } from '../../src/observe/runs/pace-recorder.ts';
import { currentOf, withFlow } from '../../src/observe/runs/progress.ts';
import { StreamsRecorder, streamsSample } from '../../src/observe/runs/streams-recorder.ts';
import { parseRunRecord } from '../../src/observe/runs/record.ts';
import type { RunsLook } from '../../src/observe/runs/runs.ts';
import type { RunExit } from '../../src/reconcile/model/observation.ts';
import { absent, known, unknown } from '../../src/reconcile/model/observed.ts';
import {
  type Gate,
  type Marker,
  MARKER_VARIABLE,
  parseMarker,
  type PlayoutRecord,
  type PlayoutRun,
  type Progress,
  RECORD_VARIABLE,
  type Reservoir,
  type UplinkRun,
} from '../../src/reconcile/model/run.ts';
import { reservoirBytes } from '../../src/reconcile/runs/reservoir.ts';
import type { Exit, SimProcess } from './kernel.ts';
import { type Machine, STATE_ID } from './machine.ts';
import type { PlayoutProgram } from './playout-program.ts';
import type { RunFile } from './state-dir.ts';

const PRIMED_BYTES = 32_768;

/** What is remembered of one run from look to look. */
const followRun = () => ({
  flow: new FlowTracker(),
  sendQueue: new SendQueueTracker(),
  starving: new StarvingTracker(),
  end: new EndTracker(),
  pace: new PaceRecorder(),
  streams: new StreamsRecorder(),
});

/** What one daemon sees of the runs, with the memory it gathers while it lives; as `RunsObserver` on the real `/proc`. */
export class SimRunsObserver {
  readonly #machine: Machine;
  readonly #redact: (text: string) => string;
  readonly #exitOf: (runId: string) => Exit | null;
  readonly #progress = new Map<string, Progress>();
  readonly #followed = new Map<string, ReturnType<typeof followRun>>();
  readonly #blocks = new Map<string, NonNullable<RunFile['progress']>>();

  constructor(machine: Machine, redact: (text: string) => string, exitOf: (runId: string) => Exit | null) {
    this.#machine = machine;
    this.#redact = redact;
    this.#exitOf = exitOf;
  }

  look(): RunsLook {
    const machine = this.#machine;
    const { suspendedMs } = machine;
    if (machine.blind) return { runs: unknown('/proc cannot be read: EMFILE'), exits: [], suspendedMs };
    const byRun = Map.groupBy(marked(machine), ({ marker }) => marker.runId);
    const uplinks: UplinkRun[] = [];
    const playouts: PlayoutRun[] = [];
    for (const [runId, processes] of byRun) {
      const main = processes.find(({ process }) => process.pid === process.session)?.process ?? null;
      const { reservoir = null } = machine.playouts.find((playout) => playout.runId === runId) ?? {};
      const first = main ?? (reservoir?.alive === true ? reservoir : processes[0]!.process);
      const { role, specHash } = processes[0]!.marker;
      const base = {
        runId,
        specHash,
        process: { pid: first.pid, startTicks: first.startTicks },
        ffmpegPid: first.session,
        startedAtMs: first.startTicks * 10 - suspendedMs,
        lastError: this.#lastError(runId),
      };
      if (role === 'uplink') uplinks.push(this.#uplink(base, main));
      else
        playouts.push(
          this.#playout(
            base,
            main,
            processes.map(({ process }) => process),
          ),
        );
    }
    return { runs: known({ uplinks, playouts }), exits: this.#exits(new Set(byRun.keys())), suspendedMs };
  }

  #uplink(base: Base, main: SimProcess | null): UplinkRun {
    const program = this.#machine.uplinks.find(({ runId }) => runId === base.runId);
    const progress = this.#progressOf(base, program?.readBytes ?? 0);
    const life = main?.stopped === true ? 'frozen' : 'running';
    const streams = this.#streamsOf(base.runId, program?.readBytes ?? null);
    const { monoMs, playouts } = this.#machine;
    const followed = this.#trackersOf(base.runId);
    const queue = program?.sendQueue ?? null;
    const sendQueue = queue === null ? absent : known(followed.sendQueue.update(queue, monoMs));
    const flow = playouts.find(({ place }) => place === 'holder')?.flow ?? null;
    const movement = followed.flow.update(program?.readBytes ?? 0, monoMs);
    const current = currentOf(this.#progress.get(base.runId) ?? null, movement);
    const pace = followed.pace.update(
      paceSample({ progress, sendQueue }, current, { flow, hasReadAll: null }, monoMs),
      monoMs,
    );
    return { ...base, role: 'uplink', life, progress, sendQueue, pace, streams };
  }

  #streamsOf(runId: string, readBytes: number | null): UplinkRun['streams'] {
    const { dir, playouts, monoMs } = this.#machine;
    const block = dir.runs.get(runId)?.progress ?? null;
    const isNew = block !== null && this.#blocks.get(runId) !== block;
    if (block !== null) this.#blocks.set(runId, block);
    const holder = playouts.find(({ place }) => place === 'holder')?.runId ?? null;
    const news = isNew ? { ...block, pictures: block.pictures ?? null } : null;
    return this.#trackersOf(runId).streams.update(streamsSample(news, readBytes, holder, monoMs), monoMs);
  }

  #playout(base: Base, main: SimProcess | null, processes: readonly SimProcess[]): PlayoutRun {
    const program = this.#machine.playouts.find(({ runId }) => runId === base.runId);
    const record = parseRunRecord(processes[0]?.environ[RECORD_VARIABLE] ?? null);
    const reservoir = reservoirOf(program, record);
    const bytes = main === null ? (reservoir?.bytes?.read ?? 0) : (program?.writtenBytes ?? 0);
    const found = processes.find(({ pid, session }) => pid !== session && pid !== reservoir?.pid);
    const gate: Gate | null =
      found === undefined || program === undefined
        ? null
        : { pid: found.pid, startTicks: found.startTicks, place: program.place, flow: program.flow };
    const followed = this.#trackersOf(base.runId);
    const hasFile = this.#machine.dir.runs.has(base.runId);
    const progress = this.#progressOf(base, bytes, record?.kind === 'item' ? record.rateKbps : null);
    return {
      ...base,
      role: 'playout',
      life: main === null ? 'draining' : main.stopped ? 'frozen' : 'running',
      progress: main === null ? withRest(progress, reservoir, record, this.#machine.monoMs) : progress,
      record,
      gate,
      reservoir,
      isClogged: processes.some((process) => process !== main && process.stopped),
      end: main === null ? followed.end.update(this.#exitOf(base.runId), this.#machine.monoMs) : null,
      starving: followed.starving.update({ gate, reservoir }, progress?.outTimeMs ?? 0, this.#machine.monoMs),
      // An encode here is slow for nobody but its input.
      encodePace: null,
      sent: null,
      primed: main === null ? (program?.writtenBytes ?? 0) > 0 || !hasFile : bytes >= PRIMED_BYTES,
    };
  }

  #trackersOf(runId: string): ReturnType<typeof followRun> {
    const found = this.#followed.get(runId) ?? followRun();
    this.#followed.set(runId, found);
    return found;
  }

  #lastError(runId: string): string | null {
    const complaint = this.#machine.dir.runs.get(runId)?.lastError ?? null;
    return complaint === null ? null : this.#redact(complaint);
  }

  #progressOf({ runId, startedAtMs }: Base, bytes: number, rateKbps: number | null = null): Progress | null {
    const nowMs = this.#machine.monoMs;
    const file = this.#machine.dir.runs.get(runId);
    const told = file === undefined ? (this.#progress.get(runId) ?? null) : this.#follow(file, nowMs);
    const movement = this.#trackersOf(runId).flow.update(bytes, nowMs);
    return withFlow(told, { hasFile: file !== undefined, bytes, movement, ageMs: nowMs - startedAtMs, rateKbps });
  }

  #follow({ runId, progress }: RunFile, nowMs: number): Progress | null {
    const before = this.#progress.get(runId) ?? null;
    if (progress === null) return before;
    const advanced = progress.outTimeMs > (before?.outTimeMs ?? 0);
    const now: Progress = {
      ...progress,
      advancedAtMs: advanced || before === null ? nowMs : before.advancedAtMs,
      firstAtMs: before?.firstAtMs ?? (advanced ? nowMs : null),
    };
    this.#progress.set(runId, now);
    return now;
  }

  #exits(alive: ReadonlySet<string>): readonly RunExit[] {
    const nowMs = this.#machine.monoMs;
    return [...this.#machine.dir.runs.values()]
      .filter(({ runId }) => !alive.has(runId))
      .map((file) => {
        const exit = this.#exitOf(file.runId);
        const outTimeMs = this.#follow(file, nowMs)?.outTimeMs ?? null;
        const lastError = this.#lastError(file.runId);
        return {
          runId: file.runId,
          role: file.role,
          code: exit?.code ?? null,
          signal: exit?.signal ?? null,
          outTimeMs,
          lastError,
        };
      });
  }
}

function reservoirOf(program: PlayoutProgram | undefined, record: PlayoutRecord | null): Reservoir | null {
  const { reservoir = null, reservoirBytes: bytes = null } = program ?? {};
  if (reservoir === null || !reservoir.alive || record?.kind !== 'item') return null;
  const { pid, startTicks } = reservoir;
  return { pid, startTicks, sizeBytes: reservoirBytes(record.rateKbps), bytes };
}

type Base = Pick<UplinkRun, 'runId' | 'specHash' | 'process' | 'ffmpegPid' | 'startedAtMs' | 'lastError'>;

/** The living processes that carry the marker of this state directory. */
export function marked(machine: Machine): readonly { readonly process: SimProcess; readonly marker: Marker }[] {
  return [...machine.kernel.processes.values()].flatMap((process) => {
    const marker = parseMarker(process.environ[MARKER_VARIABLE] ?? '');
    return marker === null || marker.stateId !== STATE_ID ? [] : [{ process, marker }];
  });
}
