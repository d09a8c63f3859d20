import type { Stream, StreamsHistory, StreamsSample } from '../model/run.ts';

/** One stream of what this run sends does not reach the ingest, though the other is there. */
export interface MissingStream {
  readonly runId: string;
  readonly stream: Stream;
}

/** So long a pause is no join, no swap and no burst after a stall. */
const MISSING_FOR_MS = 3_000;
/** The FIFO, and as much that the uplink reads at once: only what it reads after these is surely the holder's. */
const AHEAD_BYTES = 2 * 65_536;
/** Growth seen this often is a flow; once may be the end of a pause in which neither stream had anything. */
const FLOWS_FROM = 2;

/**
 * Which stream of the run on air is missing; null = neither, or that is not known. Pure: of the samples alone.
 *
 * Without pictures `frame` stands though the uplink reads on. Without sound `frame` goes on and `total_size` stands, as the
 * FLV muxer holds pictures back until their sound comes, for up to 10 s; from FFmpeg 7 on `out_time` stands as long as it
 * is missing. (Measured with FFmpeg 5.1.9 and 7.1.5.) What stands altogether is a stall, and not said here.
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

/** The samples up to the last one that all are so. */
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
