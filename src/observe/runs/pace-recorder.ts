import { isStale } from './progress.ts';
import type { PaceHistory, PaceSample, Progress, UplinkRun } from '../../reconcile/model/run.ts';

/** A sample about every second; passes come at most that often unless something is under way. */
const SAMPLE_EVERY_MS = 900;
/** The window of `reconcile/runs/pace.ts`, and as long again as it wants to see the same before it believes it. */
const MOST_SAMPLES = 64;
/** Nobody looked for so long, as after SIGSTOP of the daemon: what was in between is not known. */
const LONGEST_GAP_MS = 10_000;

/** Remembers how far one uplink had come when, from look to look; a new daemon begins anew. */
export class PaceRecorder {
  #first: PaceSample | null = null;
  #recent: readonly PaceSample[] = [];

  /** Takes this look in. null = nothing trustworthy can be told of its media time now: what was known no longer counts. */
  update(sample: PaceSample | null): PaceHistory | null {
    const last = this.#recent.at(-1);
    if (sample === null || (last !== undefined && sample.atMs - last.atMs > LONGEST_GAP_MS)) {
      this.#first = null;
      this.#recent = [];
    }
    if (sample === null) return null;
    this.#first ??= sample;
    const latest = this.#recent.at(-1);
    if (latest === undefined || sample.atMs - latest.atMs >= SAMPLE_EVERY_MS) {
      this.#recent = [...this.#recent, sample].slice(-MOST_SAMPLES);
    }
    return { first: this.#first, recent: this.#recent };
  }
}

/**
 * What this look tells of an uplink's pace. `told`: its progress file's own word, `flow`, `hasReadAll`: of the playout on air. null =
 * it does not publish (yet), its queue cannot be seen, or its file stands still though bytes move, as on a full disk.
 */
export function paceSample(
  { progress, sendQueue }: Pick<UplinkRun, 'progress' | 'sendQueue'>,
  told: Progress | null,
  { flow, hasReadAll }: Pick<PaceSample, 'flow' | 'hasReadAll'>,
  nowMs: number,
): PaceSample | null {
  if (progress === null || progress.firstAtMs === null || sendQueue.kind !== 'known') return null;
  if (told === null || isStale(told, progress.advancedAtMs)) return null;
  const { outTimeMs, totalBytes } = told;
  return { atMs: nowMs, outTimeMs, totalBytes, queuedBytes: sendQueue.value.queuedBytes, flow, hasReadAll };
}
