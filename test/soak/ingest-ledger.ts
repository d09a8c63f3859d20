import type { MediaMessage, RtmpSink, SinkSession } from '../fixtures/rtmp-sink.ts';

export interface Pause {
  /** Milliseconds since the ledger was opened. */
  readonly atMs: number;
  readonly lengthMs: number;
  /** What was being done to the stream when it began. */
  readonly during: string;
}

/** A pause between frames, or a step in media time, longer than this is worth a line. */
const PAUSE_MS = 1_000;
const STEP_MS = 500;
const MOST_LINES = 2_000;

/** Adds up what arrives at the ingest, so that a day of it needs no more memory than a minute. */
export class IngestLedger {
  readonly #sink: RtmpSink;
  readonly #openedMs = performance.now();
  readonly #read = new Map<SinkSession, number>();
  readonly #lastVideoMs = new Map<SinkSession, number>();
  #lastArrivalMs: number | null = null;
  readonly pauses: Pause[] = [];
  readonly steps: Pause[] = [];
  offAirMs = 0;
  frames = 0;
  worstOffsetMs = 0;
  /** Named in the pauses that begin from now on. */
  during = 'start';

  constructor(sink: RtmpSink) {
    this.#sink = sink;
  }

  get sessions(): number {
    return this.#sink.sessions.length;
  }

  /** Since the last frame arrived; the pause that is not over yet. */
  get silentMs(): number {
    return performance.now() - (this.#lastArrivalMs ?? this.#openedMs);
  }

  /** Reads what has come since the last call, and drops it; to be called at least every few minutes. */
  read(): void {
    for (const session of this.#sink.sessions) {
      const read = this.#read.get(session) ?? 0;
      if (read === session.messageCount) continue;
      const fresh = session.messages.slice(Math.max(0, session.messages.length - (session.messageCount - read)));
      this.#read.set(session, session.messageCount);
      // What was read is dropped: a day's worth would fill the memory.
      (session.messages as MediaMessage[]).splice(0);
      for (const message of fresh) if (message.frame) this.#frame(session, message);
    }
  }

  #frame(session: SinkSession, message: MediaMessage): void {
    const { kind, timestampMs, arrivedAtMs } = message;
    this.frames += 1;
    const pauseMs = arrivedAtMs - (this.#lastArrivalMs ?? arrivedAtMs);
    if (pauseMs > PAUSE_MS) {
      this.offAirMs += pauseMs;
      this.#note(this.pauses, arrivedAtMs - pauseMs, pauseMs);
    }
    this.#lastArrivalMs = Math.max(arrivedAtMs, this.#lastArrivalMs ?? 0);
    const videoMs = this.#lastVideoMs.get(session);
    if (kind === 'video') {
      const stepMs = timestampMs - (videoMs ?? timestampMs);
      if (stepMs > STEP_MS || stepMs < 0) this.#note(this.steps, arrivedAtMs, stepMs);
      this.#lastVideoMs.set(session, timestampMs);
    } else if (videoMs !== undefined) {
      this.worstOffsetMs = Math.max(this.worstOffsetMs, Math.abs(videoMs - timestampMs));
    }
  }

  #note(list: Pause[], atMs: number, lengthMs: number): void {
    if (list.length >= MOST_LINES) return;
    list.push({ atMs: Math.round(atMs - this.#openedMs), lengthMs: Math.round(lengthMs), during: this.during });
  }
}
