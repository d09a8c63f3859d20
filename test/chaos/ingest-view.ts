import type { ColourName } from '../fixtures/picture.ts';
import { looks, stretches } from '../fixtures/recording.ts';
import type { RtmpSink } from '../fixtures/rtmp-sink.ts';
import { framesOf } from '../fixtures/stream-analysis.ts';

/** What the ingest saw of a fault: all times in milliseconds. */
export interface IngestView {
  /** Publish sessions that were there at some time since. */
  readonly sessions: number;
  /** Longest pause between frames of any kind arriving, across sessions. */
  readonly offAirMs: number;
  /** Longest step of video timestamps within a session. */
  readonly holeMs: number;
  /** From the fault to the first key frame of the last session; null while that is the one there was. */
  readonly pictureMs: number | null;
  /** From the fault to the last session being granted; null while that is the one there was. */
  readonly reopenedMs: number | null;
  /** The most publishers there ever were at a time. */
  readonly publishers: number;
}

/** What the ingest saw since `sinceMs` (performance.now()), the frame before it included. */
export function viewSince(sink: RtmpSink, sinceMs: number): IngestView {
  const since = sink.sessions.filter(({ closedAtMs }) => closedAtMs === null || closedAtMs > sinceMs);
  const arrivals = sink.sessions
    .flatMap(({ messages }) => messages.filter(({ frame }) => frame).map(({ arrivedAtMs }) => arrivedAtMs))
    .toSorted((a, b) => a - b);
  const holes = since.flatMap((session) => {
    const frames = framesOf(session, 'video');
    return frames.flatMap(({ timestampMs, arrivedAtMs }, i) =>
      arrivedAtMs > sinceMs ? [timestampMs - (frames[i - 1]?.timestampMs ?? timestampMs)] : [],
    );
  });
  const last = since.at(-1);
  const reopened = last !== undefined && last.openedAtMs > sinceMs ? last : null;
  const picture = reopened === null ? undefined : framesOf(reopened, 'video').find(({ keyframe }) => keyframe);
  return {
    sessions: since.length,
    offAirMs: longestStep(arrivals.filter((at, i) => at > sinceMs || (arrivals[i + 1] ?? 0) > sinceMs)),
    holeMs: Math.max(0, ...holes),
    pictureMs: picture === undefined ? null : picture.arrivedAtMs - sinceMs,
    reopenedMs: reopened === null ? null : reopened.openedAtMs - sinceMs,
    publishers: sink.maxConcurrentPublishers,
  };
}

/**
 * What the pictures of the latest session showed, one after the other, from the first of this colour on: on a busy machine
 * a session may begin with the slate. The built-in slate is nearest to `black`.
 */
export async function coloursSeen(sink: RtmpSink, from: ColourName): Promise<readonly ColourName[]> {
  const seen = stretches(await looks(sink.sessions.at(-1)?.file ?? '')).map(({ colour }) => colour);
  return seen.slice(Math.max(0, seen.indexOf(from)));
}

const longestStep = (times: readonly number[]): number =>
  times.reduce((longest, at, i) => Math.max(longest, at - (times[i - 1] ?? at)), 0);

/** `1.24 s`, two digits after the point. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** The view in words, for the table. */
export function describeView({ sessions, offAirMs, holeMs, pictureMs, publishers }: IngestView): string {
  return [
    sessions === 1 ? 'same session' : `${sessions} sessions in turn`,
    `longest pause ${seconds(offAirMs)}`,
    `longest step in media time ${seconds(holeMs)}`,
    ...(pictureMs === null ? [] : [`picture after ${seconds(pictureMs)}`]),
    publishers === 1 ? 'never two publishers' : `${publishers} publishers at once`,
  ].join(', ');
}
