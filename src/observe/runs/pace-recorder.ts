import { SampleWindow } from '../processes/sample-window.ts';
import type { PaceHistory, PaceSample, Progress, UplinkRun } from '../../reconcile/model/run.ts';

const BOUNDS = {
  /** About one sample a second; while something is under way passes come more often. */
  everyMs: 900,
  /** More than the window of `reconcile/runs/pace.ts` (30 s) and the time that a cause must last there (8 s). */
  windowMs: 60_000,
  longestGapMs: 10_000,
};

/** Keeps the samples of one uplink's pace; a new daemon begins anew. */
export class PaceRecorder {
  readonly #window = new SampleWindow<PaceSample>(BOUNDS);
  #first: PaceSample | null = null;

  /** Adds a sample; null = its media time is not known now. Answers null while there are no samples. */
  update(sample: PaceSample | null, nowMs: number): PaceHistory | null {
    if (this.#window.expire(nowMs)) this.#first = null;
    if (sample !== null) {
      this.#first ??= sample;
      this.#window.add(nowMs, () => sample);
    }
    return this.#first === null ? null : { first: this.#first, recent: this.#window.samples };
  }
}

/**
 * The sample of this look. `current`: what its progress file says of this moment. `flow` and `hasReadAll`: of the playout on air.
 * null = it does not publish (yet), its queue could not be read, or its file tells nothing, as on a full disk.
 */
export function paceSample(
  { progress, sendQueue }: Pick<UplinkRun, 'progress' | 'sendQueue'>,
  current: Progress | null,
  { flow, hasReadAll }: Pick<PaceSample, 'flow' | 'hasReadAll'>,
  nowMs: number,
): PaceSample | null {
  if (progress === null || progress.firstAtMs === null || sendQueue.kind !== 'known' || current === null) return null;
  const { outTimeMs, totalBytes } = current;
  return { atMs: nowMs, outTimeMs, totalBytes, queuedBytes: sendQueue.value.queuedBytes, flow, hasReadAll };
}
