import { type Ending, parsePlaying, type PlayingItem } from './line.ts';
import type { HealthBody } from '../../health/body.ts';
import type { ItemRecord, PlayoutRun } from '../../reconcile/model/run.ts';
import type { Pass } from '../../reconcile/ports.ts';
import { tagsOf } from '../../reconcile/programme/tags.ts';
import { isComplete, positionMs } from '../../reconcile/runs/position.ts';
import { type World, worldOf } from '../../reconcile/runs/world.ts';
import { STATE_FILES } from '../../state/files.ts';
import type { StateDir } from '../../state/state-dir.ts';
import { PendingLines } from '../pending-lines.ts';

/** Off air for less than this ends no item: the uplink may only be slow. */
const OFF_AIR_AFTER_MS = 10_000;

/** A playout that plays an item, and how much of the run was seen. */
type ItemRun = PlayoutRun & { readonly record: ItemRecord; readonly airedMs: number };

/** Writes `played.jsonl`: a line for each item that was on air, when it has ended. */
export class PlayedRecorder {
  #playing: PlayingItem | null;
  /** The run of `#playing` as this daemon last saw it, by which its ending is decided; null = this daemon has not seen it. */
  #seen: ItemRun | null = null;
  /** The run that ended last, which may come back on air. */
  #endedRun: string | null = null;
  /** Monotonic; null = this daemon has not looked yet. */
  #lastOnAirMs: number | null = null;
  readonly #pending: PendingLines;

  constructor(store: Pick<StateDir, 'load' | 'appendPlayed'>) {
    this.#pending = new PendingLines((line) => store.appendPlayed(line));
    this.#playing = parsePlaying(store.load(STATE_FILES.state));
  }

  /** The item on air, for the state file; null = none. */
  get playing(): PlayingItem | null {
    return this.#playing;
  }

  /** Takes a pass in. Answers with what came of writing, one entry a try: null = written. */
  record(pass: Pass, status: HealthBody['status']): readonly (string | null)[] {
    const world = worldOf(pass.observation);
    // The runs could not be read in this pass, so nothing is known to have ended.
    if (world === null) return [];
    const { monoMs } = pass.now;
    const isFirstLook = this.#lastOnAirMs === null;
    const isOnAir = status === 'live' || status === 'degraded';
    this.#lastOnAirMs = isOnAir ? monoMs : (this.#lastOnAirMs ?? monoMs);
    if (!isOnAir) {
      if (!this.#mayGoOn(world, monoMs)) this.#end('off-air', null);
      return this.#pending.flush();
    }
    const holder = itemRun(world.holder, pass);
    if (holder === null) {
      this.#end(this.#endingBy(pass), isFirstLook ? null : pass.now.wallMs);
      return this.#pending.flush();
    }
    const beginMs = isFirstLook ? this.#beginUnseenMs(pass, holder) : pass.now.wallMs;
    if (!this.#isOf(holder)) this.#end(this.#endingBy(pass), beginMs);
    this.#playing = this.#goneOn(pass, holder, beginMs);
    this.#seen = holder;
    return this.#pending.flush();
  }

  #mayGoOn({ holder, uplink }: World, monoMs: number): boolean {
    const isThere = uplink !== null && holder !== null && holder.runId === this.#playing?.run;
    return isThere && monoMs - (this.#lastOnAirMs ?? monoMs) < OFF_AIR_AFTER_MS;
  }

  /** The same run, or another one that resumes its item. */
  #isOf({ runId, record }: ItemRun): boolean {
    const { run, key } = this.#playing ?? {};
    return run === runId || (key === record.key && record.offsetMs > 0);
  }

  #endingBy({ observation, before, plan }: Pass): Ending {
    const seen = this.#seen;
    if (seen === null) return 'unseen';
    const isStopped = seen.runId in before.stopping || seen.runId in plan.memory.stopping;
    if (isStopped) return isComplete(seen.record, seen.airedMs, false, false) ? 'played' : 'replaced';
    const exit = observation.exits.find(({ runId }) => runId === seen.runId) ?? null;
    const outTimeMs = exit?.outTimeMs ?? seen.progress?.outTimeMs ?? 0;
    // A run that an earlier daemon started has no exit code here: whether FFmpeg complained has to do.
    const endedWell = exit?.code === 0 || ((exit?.code ?? exit?.signal ?? null) === null && seen.lastError === null);
    return isComplete(seen.record, outTimeMs, endedWell, typeof exit?.outTimeMs === 'number') ? 'played' : 'failed';
  }

  /** When the item that this daemon finds on air began, by the media time it has played; not before the last item that an earlier daemon saw. */
  #beginUnseenMs({ now }: Pass, { airedMs }: ItemRun): number {
    const seenMs = this.#playing === null ? Number.NEGATIVE_INFINITY : Date.parse(this.#playing.end);
    return Math.min(now.wallMs, Math.max(now.wallMs - airedMs, seenMs));
  }

  #goneOn({ observation, now }: Pass, { runId, record, airedMs }: ItemRun, beginMs: number): PlayingItem {
    const { title, artist } = tagsOf(observation.media, record);
    const before = this.#playing;
    const isBack = runId === this.#endedRun;
    return {
      run: runId,
      begin: before?.begin ?? isoOf(beginMs),
      end: isoOf(now.wallMs),
      key: record.key,
      title: title ?? before?.title ?? null,
      artist: artist ?? before?.artist ?? null,
      fromMs: before?.fromMs ?? Math.round(isBack ? positionMs(record, airedMs) : record.offsetMs),
    };
  }

  /** `endMs` null: it ended when it was last seen. */
  #end(ended: Ending, endMs: number | null): void {
    if (this.#playing !== null) {
      const { run, ...item } = this.#playing;
      const end = isoOf(Math.max(Date.parse(item.begin), endMs ?? Date.parse(item.end)));
      this.#pending.add({ ...item, end, ended });
      this.#endedRun = run;
    }
    this.#playing = null;
    this.#seen = null;
  }
}

const isoOf = (wallMs: number): string => new Date(wallMs).toISOString();

function itemRun(run: PlayoutRun | null, { plan }: Pass): ItemRun | null {
  if (run?.record?.kind !== 'item') return null;
  return { ...run, record: run.record, airedMs: plan.memory.playouts[run.runId]?.airedMs ?? 0 };
}
