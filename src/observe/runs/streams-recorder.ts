import type { ProgressBlock } from './progress-file.ts';
import type { StreamsHistory, StreamsSample } from '../../reconcile/model/run.ts';

/** FFmpeg writes its progress every half second, so more samples would show nothing new. */
const SAMPLE_EVERY_MS = 400;
/** After a gap this long without a sample the earlier ones are dropped. */
const LONGEST_GAP_MS = 4_000;
/** Several times what `reconcile/runs/missing-stream.ts` needs. */
const MOST_SAMPLES = 32;

/** Keeps the samples of one uplink's picture and sound; a new daemon begins anew. */
export class StreamsRecorder {
  #samples: readonly StreamsSample[] = [];
  #holderSinceBytes = 0;

  /** Adds a sample. `sample` null: its progress file has nothing new, as on a full disk. Answers null while there are no samples. */
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

/** The sample of a new progress block; null = there is none, or a count is missing. `readBytes` null = could not be read. */
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
