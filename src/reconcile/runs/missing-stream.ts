import type { Stream, StreamsHistory, StreamsSample } from '../model/run.ts';

/** A run of which one stream does not reach the ingest, though the other does. */
export interface MissingStream {
  readonly runId: string;
  readonly stream: Stream;
}

/** Joins, swaps and bursts after a stall are over by then. */
const MISSING_FOR_MS = 3_000;
/** Bytes of the holder before that may still be read: a full FIFO, and as much in one read of the uplink. */
const AHEAD_BYTES = 2 * 65_536;
/** Samples with growth that make a flow; a single one may be the end of a pause in both streams. */
const FLOWS_FROM = 2;

/**
 * Which stream of the run on air is missing; null = neither, or that is not known.
 *
 * Without pictures the uplink's `frame` stands still though it reads on. Without sound `frame` goes on and `total_size` stands
 * still, because the FLV muxer holds pictures back until their sound comes, for up to 10 s; from FFmpeg 7 on `out_time` stands
 * still as well. (Measured with FFmpeg 5.1.9 and 7.1.5.) If nothing moves it is a stall, which other rules see.
 */
export function missingStream(history: StreamsHistory | null): MissingStream | null {
  if (history === null) return null;
  const { samples, holderSinceBytes } = history;
  const runId = samples.at(-1)?.holderRunId ?? null;
  if (runId === null) return null;
  const own = latest(
    samples,
    (sample) => sample.holderRunId === runId && sample.readBytes >= holderSinceBytes + AHEAD_BYTES,
  );
  const standing = (what: Count): readonly StreamsSample[] =>
    latest(own, (sample, last) => sample[what] === last[what]);
  const flows = (stretch: readonly StreamsSample[], ...counts: readonly Count[]): boolean =>
    spanMs(stretch) >= MISSING_FOR_MS && counts.some((what) => growths(stretch, what) >= FLOWS_FROM);
  if (flows(standing('pictures'), 'readBytes', 'outTimeMs')) return { runId, stream: 'picture' };
  const isHeldBack = flows(standing('sentBytes'), 'pictures') || flows(standing('outTimeMs'), 'pictures');
  return isHeldBack ? { runId, stream: 'sound' } : null;
}

type Count = 'pictures' | 'outTimeMs' | 'sentBytes' | 'readBytes';

/** The longest row of samples, up to the last one, for which `isSo` holds. */
function latest(
  samples: readonly StreamsSample[],
  isSo: (sample: StreamsSample, last: StreamsSample) => boolean,
): readonly StreamsSample[] {
  const last = samples.at(-1);
  if (last === undefined) return [];
  return samples.slice(samples.findLastIndex((sample) => !isSo(sample, last)) + 1);
}

const spanMs = (stretch: readonly StreamsSample[]): number => (stretch.at(-1)?.atMs ?? 0) - (stretch[0]?.atMs ?? 0);

const growths = (stretch: readonly StreamsSample[], what: Count): number =>
  stretch.filter((sample, at) => at > 0 && sample[what] > stretch[at - 1]![what]).length;
