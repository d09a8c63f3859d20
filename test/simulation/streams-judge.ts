import type { Status } from '../../src/reconcile/model/status.ts';
import type { Machine } from './machine.ts';
import type { UplinkProgram } from './uplink-program.ts';

/** For so long one stream may be missing and `live` be said: what proves it, and what the pipe holds of another item. */
const TOLD_WITHIN_MS = 10_000;
/** What was missing a moment ago may still be acted upon. */
const JUST_MS = 5_000;

/** Knows of which item one stream alone reaches the ingest, which no daemon sees. */
export class StreamsJudge {
  readonly #machine: Machine;
  readonly #missingAtMs = new Map<string, number>();
  #untoldAtMs = Number.NEGATIVE_INFINITY;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** After every step of time. */
  ticked(): void {
    const { nowMs, uplinks, dir } = this.#machine;
    if (dir.refusal !== null) this.#untoldAtMs = nowMs;
    for (const { runId, muxer } of uplinks) if (muxer.missing !== null) this.#missingAtMs.set(runId, nowMs);
  }

  /** What this uplink sends is, or was just now, one-sided. */
  isOneSided({ runId }: UplinkProgram): boolean {
    return this.#machine.nowMs - (this.#missingAtMs.get(runId) ?? Number.NEGATIVE_INFINITY) < JUST_MS;
  }

  /** The promise that this status breaks; null = none. `lookedSinceMs`: since when the daemon has seen all without a break. */
  judge({ status, reason, message }: Status, lookedSinceMs: number): string | null {
    const { nowMs, uplinks, dir, ledger, ingest, outTimeIs } = this.#machine;
    if (reason === 'PictureMissing' || reason === 'SoundMissing') {
      const isRight = [...ledger.oneSided].some((key) => message.includes(JSON.stringify(key)));
      return isRight ? null : `it says ${reason}, though no item of that name was one-sided: ${message}`;
    }
    if (status !== 'live') return null;
    for (const { runId, muxer } of uplinks) {
      // Without its progress file, or a line for it, nobody can tell.
      if (muxer.missing === null || !dir.runs.has(runId) || ingest.mode !== 'accept') continue;
      const { stream, sinceMs } = muxer.missing;
      // Up to FFmpeg 6.1 missing sound shows in what the muxer holds back, so in its beginning only.
      if (stream === 'sound' && outTimeIs === 'foremost' && lookedSinceMs > sinceMs) continue;
      const forMs = nowMs - Math.max(sinceMs, lookedSinceMs, this.#untoldAtMs);
      if (forMs > TOLD_WITHIN_MS)
        return `it says live, though the ingest has got no ${stream} for ${Math.round(forMs)} ms`;
    }
    return null;
  }
}
