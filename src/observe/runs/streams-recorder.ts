import type { ProgressBlock } from './progress-file.ts';
import type { StreamsHistory, StreamsSample } from '../../reconcile/model/run.ts';

/** FFmpeg tells every half second; this often is enough, however often somebody looks. */
const SAMPLE_EVERY_MS = 400;
/** Nobody looked for so long, or nothing was told: what was in between is not known. */
const LONGEST_GAP_MS = 4_000;
/** Several times what `reconcile/runs/missing-stream.ts` needs. */
const MOST_SAMPLES = 32;

/** Remembers what one uplink sent of picture and sound, from look to look; a new daemon begins anew. */
export class StreamsRecorder {
  #samples: readonly StreamsSample[] = [];
  #holderSinceBytes = 0;

  /** Takes this look in. `sample` null: nothing new was told, as on a full disk. null = nothing is known now. */
  update(sample: StreamsSample | null, nowMs: number): StreamsHistory | null {
    const last = this.#samples.at(-1);
    if (last !== undefined && nowMs - last.atMs > LONGEST_GAP_MS) this.#samples = [];
    const latest = this.#samples.at(-1);
    if (sample !== null && (latest === undefined || sample.atMs - latest.atMs >= SAMPLE_EVERY_MS)) {
      if (latest?.holderRunId !== sample.holderRunId) this.#holderSinceBytes = sample.readBytes;
      this.#samples = [...this.#samples, sample].slice(-MOST_SAMPLES);
    }
    return this.#samples.length === 0 ? null : { samples: this.#samples, holderSinceBytes: this.#holderSinceBytes };
  }
}

/** What a block that is new tells; null = none is, or not all of it. `readBytes` null: it could not be seen. */
export function streamsSample(
  news: ProgressBlock | null,
  readBytes: number | null,
  holderRunId: string | null,
  atMs: number,
): StreamsSample | null {
  if (news === null || readBytes === null) return null;
  const { pictures, outTimeMs, totalBytes: sentBytes } = news;
  if (pictures === null || outTimeMs === null || sentBytes === null) return null;
  return { atMs, pictures, outTimeMs, sentBytes, readBytes, holderRunId };
}
