import type { ProgressBlock } from './progress-file.ts';
import { SampleWindow } from '../processes/sample-window.ts';
import type { StreamsHistory, StreamsSample } from '../../reconcile/model/run.ts';

const BOUNDS = {
  /** FFmpeg writes its progress every half second, so more samples would show nothing new. */
  everyMs: 400,
  /** Several times what `reconcile/runs/missing-stream.ts` needs. */
  windowMs: 12_400,
  longestGapMs: 4_000,
};

/** Keeps the samples of one uplink's picture and sound; a new daemon begins anew. */
export class StreamsRecorder {
  readonly #window = new SampleWindow<StreamsSample>(BOUNDS);
  #holderSinceBytes = 0;

  /** Adds a sample. `sample` null: its progress file has nothing new, as on a full disk. Answers null while there are no samples. */
  update(sample: StreamsSample | null, nowMs: number): StreamsHistory | null {
    this.#window.expire(nowMs);
    if (sample !== null) {
      this.#window.add(nowMs, () => {
        if (this.#window.samples.at(-1)?.holderRunId !== sample.holderRunId) this.#holderSinceBytes = sample.readBytes;
        return sample;
      });
    }
    const { samples } = this.#window;
    return samples.length === 0 ? null : { samples, holderSinceBytes: this.#holderSinceBytes };
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
