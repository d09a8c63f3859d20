import type { FfmpegEnd } from '../../reconcile/model/run.ts';

/** A child's end is told by the kernel a moment after it is gone; that of another daemon's child never is. */
const TOLD_WITHIN_MS = 1_000;

/** How the FFmpeg of a run ended whose reservoir or gate is still there. */
export class EndTracker {
  #goneSinceMs: number | null = null;

  /** `told`: what is known of it. null = not yet known, and may still be. */
  update(told: FfmpegEnd | null, nowMs: number): FfmpegEnd | null {
    this.#goneSinceMs ??= nowMs;
    return told ?? (nowMs - this.#goneSinceMs >= TOLD_WITHIN_MS ? { code: null, signal: null } : null);
  }
}
