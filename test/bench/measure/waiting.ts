import { eventually } from '../../fixtures/eventually.ts';
import type { RtmpSink, SinkSession } from '../../fixtures/rtmp-sink.ts';
import { arrivalGaps, framesOf } from '../../fixtures/stream-analysis.ts';
import { health } from '../stage/subject.ts';

/** Where the machine is busy a start alone may take half a minute. */
const PATIENCE_MS = 90_000;

/** Item b is one plain colour: its key frames are many times smaller than those of a's test picture. */
export const SMALL_KEYFRAME_BYTES = 12_000;

/** When the first key frame after `afterMs` that is small, or large, arrived. */
export function keyframeOf(
  session: SinkSession,
  small: boolean,
  afterMs: number,
  timeoutMs = PATIENCE_MS,
): Promise<number> {
  return eventually(
    () => {
      const frame = framesOf(session, 'video').find(
        ({ keyframe, arrivedAtMs, sizeBytes }) =>
          keyframe && arrivedAtMs > afterMs && sizeBytes < SMALL_KEYFRAME_BYTES === small,
      );
      if (frame === undefined) throw new Error('not swapped yet');
      return frame.arrivedAtMs;
    },
    { timeoutMs, everyMs: 20 },
  );
}

/** When the first video frame of a session after the known ones arrived. */
export function firstFrameAtMs(sink: RtmpSink, known: number): Promise<number> {
  return eventually(
    () => {
      const frame = sink.sessions.slice(known).flatMap((session) => framesOf(session, 'video'))[0];
      if (frame === undefined) throw new Error('no frame yet');
      return frame.arrivedAtMs;
    },
    { timeoutMs: PATIENCE_MS, everyMs: 5 },
  );
}

/** When the session was closed. */
export function closedAtMs(session: SinkSession): Promise<number> {
  return eventually(
    () => {
      if (session.closedAtMs === null) throw new Error('still open');
      return session.closedAtMs;
    },
    { timeoutMs: PATIENCE_MS, everyMs: 5 },
  );
}

/** Resolves once /health says this status. */
export async function reaches(healthPort: number, status: string, everyMs = 50): Promise<void> {
  await eventually(
    async () => {
      const report = await health(healthPort);
      if (report.status !== status)
        throw new Error(`/health says ${report.status} ${report.reason}: ${report.message}`);
    },
    { timeoutMs: PATIENCE_MS, everyMs },
  );
}

/** The longest that no frame arrived since then, across sessions. */
export function longestPauseMs(sink: RtmpSink, sinceMs: number): number {
  const pauses = arrivalGaps(sink.sessions, 0).filter(({ toMs }) => toMs > sinceMs);
  return Math.max(0, ...pauses.map(({ gapMs }) => gapMs));
}

export function pause(forMs: number): Promise<void> {
  return new Promise((done) => setTimeout(done, forMs));
}
