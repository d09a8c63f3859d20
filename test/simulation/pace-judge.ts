import type { Status } from '../../src/reconcile/model/status.ts';
import type { Machine } from './machine.ts';

/** Held back for so long, it is not `live`; and for so long after the last fault nobody is said to be held back. */
const TOLD_WITHIN_MS = 45_000;
/** Less is jitter. */
const BEHIND_MS = 2_500;

/** Knows how far viewers are behind the clock, which no daemon does. */
export class PaceJudge {
  readonly #machine: Machine;
  /** By uplink: since when its line has been thin without a break. */
  #thinSinceMs: ReadonlyMap<string, number> = new Map();
  #faultAtMs = Number.NEGATIVE_INFINITY;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** After every step of time. */
  ticked(): void {
    const { ingest, nowMs, uplinks } = this.#machine;
    if (ingest.mode !== 'accept') this.#faultAtMs = nowMs;
    const thin = ingest.mode === 'thin' ? uplinks : [];
    this.#thinSinceMs = new Map(thin.map(({ runId }) => [runId, this.#thinSinceMs.get(runId) ?? nowMs]));
  }

  /** The promise that this status breaks; null = none. `lookedSinceMs`: since when the daemon has seen all without a break. */
  judge({ status, reason }: Status, lookedSinceMs: number): string | null {
    const { nowMs, uplinks } = this.#machine;
    if (reason === 'UplinkTooThin' && nowMs - this.#faultAtMs > TOLD_WITHIN_MS)
      return `it says UplinkTooThin, though the line has been wide for ${Math.round(nowMs - this.#faultAtMs)} ms`;
    if (status !== 'live') return null;
    for (const { runId, lagMs } of uplinks) {
      const forMs = nowMs - Math.max(this.#thinSinceMs.get(runId) ?? nowMs, lookedSinceMs);
      if (forMs > TOLD_WITHIN_MS && lagMs > BEHIND_MS)
        return `it says live, though ${runId} has been held back for ${Math.round(forMs)} ms and is ${lagMs} ms behind`;
    }
    return null;
  }
}
