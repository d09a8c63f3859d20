import type { HealthBody } from '../health/body.ts';
import { parseHistoryLine } from './file.ts';
import { type HistoryEvent, type HistoryLine, isPlanned, type Meter, metered } from './line.ts';
import { fetched, lastKnown } from '../reconcile/model/observation.ts';
import type { Pass } from '../reconcile/ports.ts';
import { type World, worldOf } from '../reconcile/runs/world.ts';
import { STATE_FILES } from '../state/files.ts';
import type { StateDir } from '../state/state-dir.ts';
import { PendingLines } from './pending-lines.ts';

export interface RecorderParts {
  readonly store: Pick<StateDir, 'load' | 'appendHistory'>;
  readonly bootId: string;
  /** Items come over the network, so reading them is traffic. */
  readonly countsFetches: boolean;
  /** When the last uplink wrote its progress before this daemon started, by the wall clock; null = not known. */
  readonly lastProgressWallMs: number | null;
}

/** While on air a line is written this often, so that a crash loses the traffic of no more than that. */
const STILL_EVERY_MS = 3_600_000;
/** A shorter suspension cannot be told from a slow pass, and is no interruption. */
const TOLD_SUSPENSION_MS = 5_000;
const LONGEST_WHY = 200;

/** Writes `history.jsonl`: a line when the stream goes on or off air, and every hour between. */
export class HistoryRecorder {
  readonly #parts: RecorderParts;
  readonly #boot: string;
  /** null = not looked yet. */
  #state: AirState | null = null;
  #writtenUptimeMs = 0;
  #sentBytes = 0;
  #fetchedBytes = 0;
  #uplink: Meter | null = null;
  #playout: Meter | null = null;
  /** False until the first count: of a run that is older than the history, only what it sends from then on is counted. */
  #goesOn = false;
  readonly #pending: PendingLines;
  #last: { readonly pass: Pass; readonly report: HealthBody } | null = null;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#pending = new PendingLines((line) => parts.store.appendHistory(line));
    this.#boot = parts.bootId.slice(0, 8);
  }

  /** Takes a pass in. Answers with what came of writing, one entry a try: null = written. */
  record(pass: Pass, report: HealthBody): readonly (string | null)[] {
    const world = worldOf(pass.observation);
    // In this pass the runs, or the clock, could not be read: nothing is known, so nothing is recorded.
    if (world === null || pass.observation.suspendedMs === null) return [];
    this.#last = { pass, report };
    const uptimeMs = uptimeOf(pass);
    const onAir = report.status === 'live' || report.status === 'degraded';
    const before = (this.#state ??= this.#recall(pass, uptimeMs));
    if (onAir) this.#count(pass, world);
    const isSuspension =
      onAir && before.onAir && pass.observation.suspendedMs - before.suspendedMs > TOLD_SUSPENSION_MS;
    const state: AirState = {
      onAir,
      // Starting after a planned time off air is part of it, until the start fails.
      planned: isPlanned(report.reason) || (before.planned === true && report.status === 'starting'),
      seenUptimeMs: onAir ? uptimeMs : before.seenUptimeMs,
      suspendedMs: pass.observation.suspendedMs,
    };
    this.#state = state;
    if (onAir) {
      if (isSuspension) this.#offAir(pass, report, 'Suspended', 'the machine was suspended', before);
      if (!before.onAir || isSuspension) this.#add('on-air', pass, report);
      else if (uptimeMs - this.#writtenUptimeMs >= STILL_EVERY_MS) this.#add('still-on-air', pass, report);
    } else if (before.onAir || (before.planned !== null && before.planned !== state.planned)) {
      this.#offAir(pass, report, report.reason, before.why ?? whyOf(pass, report), before);
    }
    return this.#pending.flush();
  }

  /** The daemon ends: if the stream plays on, the counts are written for the next daemon. */
  leave(): readonly (string | null)[] {
    if (this.#last === null || this.#state?.onAir !== true) return [];
    this.#add('still-on-air', this.#last.pass, this.#last.report);
    return this.#pending.flush();
  }

  /** The state that an earlier daemon left. It may have died together with the stream, or long before it. */
  #recall({ before, now, observation }: Pass, uptimeMs: number): AirState {
    const { store, lastProgressWallMs } = this.#parts;
    const line = lastLine(store);
    this.#goesOn = line?.uplink !== undefined;
    this.#uplink = line?.uplink ?? null;
    this.#playout = line?.playout ?? null;
    this.#writtenUptimeMs = line?.boot === this.#boot ? (line.uptimeMs ?? uptimeMs) : uptimeMs;
    const onAir = line !== null && line.event !== 'off-air';
    const byDaemonMs = before.broadcast === null ? Infinity : now.monoMs - before.broadcast.seenMs;
    const byUplinkMs = lastProgressWallMs === null ? Infinity : now.wallMs - lastProgressWallMs;
    const agoMs = Math.max(0, Math.min(byDaemonMs, byUplinkMs));
    return {
      onAir,
      planned: line === null || onAir ? null : isPlanned(line.reason),
      seenUptimeMs: uptimeMs - (Number.isFinite(agoMs) ? agoMs : 0),
      suspendedMs: observation.suspendedMs ?? 0,
      ...(byDaemonMs > LONG_AWAY_MS ? { why: 'no daemon ran: the service or the machine was down' } : {}),
    };
  }

  #count(pass: Pass, { uplink, holder }: World): void {
    const counted = (before: Meter | null, run: string, bytes: number): ReturnType<typeof metered> =>
      metered(this.#goesOn || before !== null ? before : { run, bytes }, run, bytes);
    const sent = uplink?.progress?.totalBytes;
    if (uplink !== null && sent !== undefined) {
      const { meter, added } = counted(this.#uplink, uplink.runId, sent);
      this.#uplink = meter;
      this.#sentBytes += added;
    }
    const fetched = holder === null ? null : fetchedBy(pass, holder);
    if (holder !== null && fetched !== null && this.#parts.countsFetches) {
      const { meter, added } = counted(this.#playout, holder.runId, fetched);
      this.#playout = meter;
      this.#fetchedBytes += added;
    }
    this.#goesOn = true;
  }

  #offAir(pass: Pass, report: HealthBody, reason: string, why: string | null, before: AirState): void {
    const lastOnAirAgoMs = Math.max(0, Math.round(uptimeOf(pass) - before.seenUptimeMs));
    this.#add('off-air', pass, report, { reason, why: why?.slice(0, LONGEST_WHY) ?? null, lastOnAirAgoMs });
  }

  #add(event: HistoryEvent, pass: Pass, report: HealthBody, more: Partial<HistoryLine> = {}): void {
    const uptimeMs = Math.round(uptimeOf(pass));
    const line: HistoryLine = {
      at: new Date(pass.now.wallMs).toISOString(),
      event,
      reason: report.reason,
      item: report.playout?.item ?? null,
      boot: this.#boot,
      uptimeMs,
      sentBytes: this.#sentBytes,
      fetchedBytes: this.#fetchedBytes,
      uplink: this.#uplink,
      playout: this.#playout,
      ...more,
    };
    this.#writtenUptimeMs = uptimeMs;
    this.#sentBytes = 0;
    this.#fetchedBytes = 0;
    this.#pending.add(line);
  }
}

interface AirState {
  readonly onAir: boolean;
  /** Off air on purpose; null = on air, or not known. */
  readonly planned: boolean | null;
  readonly seenUptimeMs: number;
  readonly suspendedMs: number;
  /** Why it went off air, where that is known before the end is seen. */
  readonly why?: string;
}

/** A restart takes less time than this. */
const LONG_AWAY_MS = 15_000;

const uptimeOf = ({ now, observation }: Pass): number => now.monoMs + (observation.suspendedMs ?? 0);

/** The newest line that can be read. Just after the file was renamed there is only `history.jsonl.1`. */
function lastLine(store: RecorderParts['store']): HistoryLine | null {
  for (const name of [STATE_FILES.history, `${STATE_FILES.history}.1`]) {
    const lines = (store.load(name) ?? '').trimEnd().split('\n');
    // A line that a full disk cut off is passed over.
    for (const text of lines.slice(-5).toReversed()) {
      const line = parseHistoryLine(text);
      if (line !== null) return line;
    }
  }
  return null;
}

/** Why the stream went off air, where the reason names only what came after; null = the reason is enough. */
function whyOf({ plan }: Pass, { status, message, restarts }: HealthBody): string | null {
  if (status === 'stopped' || status === 'stopping') return null;
  if (status !== 'starting') return message;
  return plan.memory.uplink.lastFailure === null ? null : (restarts.lastReason ?? null);
}

/** Bytes of the item that this run has read, reckoned by how much of it was played; null = it reads nothing from the store. */
function fetchedBy({ observation }: Pass, { record, progress }: NonNullable<World['holder']>): number | null {
  if (record?.kind !== 'item' || progress === null) return null;
  const known = lastKnown(fetched(observation.media.facts, record.key));
  const isSame = known !== null && known.version === record.version && (known.durationS ?? 0) > 0;
  const bytesPerMs = isSame ? known.sizeBytes / ((known.durationS ?? 0) * 1000) : record.rateKbps / 8;
  return progress.outTimeMs * bytesPerMs;
}
