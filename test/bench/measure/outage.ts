import type { RtmpSink } from '../../fixtures/rtmp-sink.ts';
import { SMALL_KEYFRAME_BYTES } from './waiting.ts';

/** What an ingest missed in a stretch of time. */
export interface Outage {
  /** Pauses of the picture of more than 0.3 s, all together; one at the end that is not over counts. */
  readonly offAirMs: number;
  /** For how long the key frames were those of a plain colour, which is the slate. */
  readonly slateMs: number;
  /** Sessions granted meanwhile. */
  readonly newSessions: number;
  /** Whether pictures arrive at its end. */
  readonly onAir: boolean;
}

const PAUSE_MS = 300;
const GOP_MS = 2_000;
/** A stream that is on air brings a picture more often than that. */
const FRESH_MS = 2_000;

/** `fromMs`, `toMs`: performance.now() of this process. */
export function outage({ sessions }: Pick<RtmpSink, 'sessions'>, fromMs: number, toMs: number): Outage {
  const frames = sessions
    .flatMap(({ messages }) => messages.filter(({ kind, frame }) => kind === 'video' && frame))
    .filter(({ arrivedAtMs }) => arrivedAtMs > fromMs && arrivedAtMs <= toMs)
    .toSorted((a, b) => a.arrivedAtMs - b.arrivedAtMs);
  const arrivals = [fromMs, ...frames.map(({ arrivedAtMs }) => arrivedAtMs), toMs];
  const pauses = arrivals.slice(1).map((atMs, i) => atMs - arrivals[i]!);
  const keyframes = frames.filter(({ keyframe }) => keyframe);
  const slates = keyframes.flatMap(({ sizeBytes, arrivedAtMs }, i) =>
    sizeBytes < SMALL_KEYFRAME_BYTES ? [Math.min(GOP_MS, (keyframes[i + 1]?.arrivedAtMs ?? toMs) - arrivedAtMs)] : [],
  );
  return {
    offAirMs: sum(pauses.filter((ms) => ms > PAUSE_MS)),
    slateMs: sum(slates),
    newSessions: sessions.filter(({ openedAtMs }) => openedAtMs > fromMs && openedAtMs <= toMs).length,
    onAir: (frames.at(-1)?.arrivedAtMs ?? 0) > toMs - FRESH_MS,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
