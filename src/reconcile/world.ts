import type { Observation } from './model/observation.ts';
import type { ItemRecord, PlayoutRun, UplinkRun } from './model/run.ts';

/** The runs of one look, sorted by what they are for. */
export interface World {
  readonly uplinks: readonly UplinkRun[];
  /** The uplink that counts: the oldest; any other is a duplicate. */
  readonly uplink: UplinkRun | null;
  /** Whose bytes go to the uplink now. */
  readonly holder: PlayoutRun | null;
  /** Who takes over when the holder ends. */
  readonly waiter: PlayoutRun | null;
  /** Alive with neither place: coming up, or broken. */
  readonly unplaced: readonly PlayoutRun[];
  /** In line behind the first waiter, or holding another lock file than the holder's. */
  readonly surplus: readonly PlayoutRun[];
}

/** null when the processes could not be seen: then nothing may be started, stopped or killed. */
export function worldOf(observation: Observation): World | null {
  const { runs } = observation;
  if (runs.kind !== 'known') return null;
  const uplinks = [...runs.value.uplinks].sort(byAge);
  const playouts = [...runs.value.playouts].sort(byAge);
  const holders = playouts.filter((run) => run.gate?.place === 'holder');
  const waiters = playouts.filter((run) => run.gate?.place === 'waiter');
  return {
    uplinks,
    uplink: uplinks[0] ?? null,
    holder: holders[0] ?? null,
    waiter: waiters[0] ?? null,
    unplaced: playouts.filter((run) => run.gate === null || run.gate.place === 'neither'),
    surplus: [...holders.slice(1), ...waiters.slice(1)],
  };
}

const byAge = (a: { startedAtMs: number; runId: string }, b: { startedAtMs: number; runId: string }): number =>
  a.startedAtMs - b.startedAtMs || (a.runId < b.runId ? -1 : 1);

/** Every living playout, wherever it is. */
export const livePlayouts = (world: World): readonly PlayoutRun[] =>
  [world.holder, world.waiter, ...world.unplaced, ...world.surplus].filter((run) => run !== null);

/** Bytes between FFmpeg's output and the uplink's input: the playout's pipe, `cat`'s buffer, the FIFO; 64 KiB each. */
const PIPE_DEPTH_BYTES = 3 * 65_536;

/** Media time that has left FFmpeg but not reached the uplink, for a stream of this rate. */
export const pipeDepthMs = (bitrateKbps: number): number =>
  Math.round((PIPE_DEPTH_BYTES * 8) / Math.max(bitrateKbps, 64));

/** Where in the item the picture on air is, by the media time its playout has written. */
export function positionMs(record: ItemRecord, outTimeMs: number): number {
  const played = record.offsetMs + Math.max(0, outTimeMs - pipeDepthMs(record.rateKbps));
  return record.durationMs === null || record.durationMs <= 0 ? played : played % record.durationMs;
}

/**
 * The run has written all it was to write; a run of unknown length ends when it says so. `exact`: its own last word is
 * known, not only what was last seen of it.
 */
export function isComplete(record: ItemRecord, outTimeMs: number, endedWell: boolean, exact: boolean): boolean {
  const withinMs = exact ? COMPLETE_WITHIN_MS : ROUGHLY_WITHIN_MS;
  return record.lengthMs === null ? endedWell && outTimeMs > 0 : outTimeMs >= record.lengthMs - withinMs;
}

/** Containers round their durations, and streams of one file end apart by up to a GOP of audio frames. */
const COMPLETE_WITHIN_MS = 700;
/** A pass, and what an estimate by bytes is off by. */
const ROUGHLY_WITHIN_MS = 4_000;

/** How an uplink is doing, by what the ingest has acknowledged. */
export type UplinkHealth =
  | { readonly kind: 'connecting'; readonly forMs: number }
  | { readonly kind: 'live' }
  | { readonly kind: 'lagging'; readonly unackedMs: number }
  | { readonly kind: 'silent'; readonly forMs: number };

/** Unacknowledged for this long is worth telling. */
const LAGGING_AFTER_MS = 3_000;
const SILENT_AFTER_MS = 3_000;

export function uplinkHealth(run: UplinkRun, nowMs: number): UplinkHealth {
  const { progress, sendQueue } = run;
  if (progress === null || progress.firstAtMs === null || progress.totalBytes === 0) {
    return { kind: 'connecting', forMs: nowMs - run.startedAtMs };
  }
  if (sendQueue !== null && sendQueue.unackedMs >= LAGGING_AFTER_MS) {
    return { kind: 'lagging', unackedMs: sendQueue.unackedMs };
  }
  const silentMs = nowMs - progress.advancedAtMs;
  if (silentMs >= SILENT_AFTER_MS || sendQueue === null) return { kind: 'silent', forMs: silentMs };
  return { kind: 'live' };
}
