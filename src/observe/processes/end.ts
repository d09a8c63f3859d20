import type { FfmpegEnd } from '../../reconcile/model/run.ts';

/** A child's end is told by the kernel a moment after it is gone; that of another daemon's child never is. */
const TOLD_WITHIN_MS = 1_000;

/** How the FFmpeg of runs ended whose reservoir or gate is still there. */
export class EndTracker {
  readonly #goneSinceMs = new Map<string, number>();

  /** `told`: what is known of it. null = not yet known, and may still be. */
  update(runId: string, told: FfmpegEnd | null, nowMs: number): FfmpegEnd | null {
    const sinceMs = this.#goneSinceMs.get(runId) ?? nowMs;
    this.#goneSinceMs.set(runId, sinceMs);
    if (told !== null) return told;
    return nowMs - sinceMs >= TOLD_WITHIN_MS ? { code: null, signal: null } : null;
  }

  /** Forgets every run but these. */
  keep(alive: ReadonlySet<string>): void {
    for (const runId of this.#goneSinceMs.keys()) if (!alive.has(runId)) this.#goneSinceMs.delete(runId);
  }
}
