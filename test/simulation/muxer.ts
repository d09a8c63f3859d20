import type { Stream } from '../../src/reconcile/model/run.ts';

/** How long the FLV muxer waits for the other stream. */
const HOLDS_BACK_MS = 10_000;
const PICTURES_PER_MS = 0.03;

/** What an uplink's muxer makes of two streams, one of which may be missing, and what its progress says of that. */
export class SimMuxer {
  /** Media time it was handed, let go and holds back. */
  #takenMs = 0;
  #sentMs = 0;
  #heldMs = 0;
  #pictures = 0;
  #missing: { readonly stream: Stream; readonly runId: string; readonly sinceMs: number } | null = null;
  /** `out_time` from FFmpeg 7 on: of the stream that is further behind. */
  #rearmostMs = 0;

  /** The stream that is missing now, of which run and since when; null = none is. */
  get missing(): { readonly stream: Stream; readonly runId: string; readonly sinceMs: number } | null {
    return this.#missing;
  }

  get sentMs(): number {
    return this.#sentMs;
  }

  get pictures(): number {
    return Math.round(this.#pictures);
  }

  /** `tells`: which stream `out_time` is of. */
  outTimeMs(tells: 'foremost' | 'rearmost'): number {
    return tells === 'foremost' ? this.#takenMs : this.#rearmostMs;
  }

  /** Takes so much of a run; answers how much goes out now. */
  take(ms: number, missing: Stream | null, runId: string, nowMs: number): number {
    this.#takenMs += ms;
    if (missing !== 'picture') this.#pictures += ms * PICTURES_PER_MS;
    if (missing === null) this.#rearmostMs = this.#takenMs;
    const isSame = this.#missing?.stream === missing && this.#missing?.runId === runId;
    if (!isSame) this.#missing = missing === null ? null : { stream: missing, runId, sinceMs: nowMs };
    this.#heldMs += ms;
    const outMs = missing === null ? this.#heldMs : Math.max(0, this.#heldMs - HOLDS_BACK_MS);
    this.#heldMs -= outMs;
    this.#sentMs += outMs;
    return outMs;
  }
}
