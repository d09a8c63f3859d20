import { isStale } from './progress.ts';
import type { PaceHistory, PaceSample, Progress, UplinkRun } from '../../reconcile/model/run.ts';

/** About one sample a second; while something is under way passes come more often. */
const SAMPLE_EVERY_MS = 900;
/** A minute: more than the window of `reconcile/runs/pace.ts` (30 s) and the time that a cause must last there (8 s). */
const MOST_SAMPLES = 64;
/** After a gap this long, as when the daemon was stopped, the earlier samples are dropped. */
const LONGEST_GAP_MS = 10_000;

/** Keeps the samples of one uplink's pace; a new daemon begins anew. */
export class PaceRecorder {
  #first: PaceSample | null = null;
  #recent: readonly PaceSample[] = [];

  /** Adds a sample. null = its media time is not known now, which drops the earlier samples. */
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
 * The sample of this look. `told`: what its progress file says. `flow` and `hasReadAll`: of the playout on air. null = it does
 * not publish (yet), its queue could not be read, or its file stands still though bytes move, as on a full disk.
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
