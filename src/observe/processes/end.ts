import type { FfmpegEnd } from '../../reconcile/model/run.ts';

/** The kernel reports a child's end a moment after it is gone; that of another daemon's child never. */
const TOLD_WITHIN_MS = 1_000;

/** Follows how the FFmpeg of a run ended whose reservoir or gate is still there. */
export class EndTracker {
  #goneSinceMs: number | null = null;

  /** `told`: the reported end, if any. null = not reported yet, and may still be. */
  update(told: FfmpegEnd | null, nowMs: number): FfmpegEnd | null {
    this.#goneSinceMs ??= nowMs;
    return told ?? (nowMs - this.#goneSinceMs >= TOLD_WITHIN_MS ? { code: null, signal: null } : null);
  }
}
