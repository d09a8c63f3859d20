import type { StreamsHistory, StreamsSample } from '../../src/reconcile/model/run.ts';

/** A stretch of looks, one a second. What is left out goes on at the pace of a whole stream. */
export interface FlowStretch {
  readonly seconds: number;
  /** A second; default 30. */
  readonly pictures?: number;
  /** Media seconds a second, as `out_time` tells; default 1. */
  readonly pace?: number;
  /** Bytes a second that the muxer lets go; default 100,000. */
  readonly sent?: number;
  /** Bytes a second that are read; default 100,000. */
  readonly read?: number;
  /** Who held the gate; default `p1`. */
  readonly holder?: string | null;
}

/** Sound alone: 30,000 bytes a second of MPEG-TS, read by 64 KiB; the muxer holds it back for 10 s. FFmpeg 5.1, 7.1 (measured). */
export const NO_PICTURE: FlowStretch = { seconds: 4, pictures: 0, sent: 0, read: 30_000 };
export const NO_PICTURE_7: FlowStretch = { ...NO_PICTURE, pace: 0 };
/** Pictures alone. */
export const NO_SOUND: FlowStretch = { seconds: 4, sent: 0 };
export const NO_SOUND_7: FlowStretch = { ...NO_SOUND, pace: 0 };

/** What a daemon has seen of an uplink that went through these stretches and is looked at now. */
export function streamsHistory(nowMs: number, stretches: readonly FlowStretch[]): StreamsHistory {
  const seconds = stretches.reduce((sum, stretch) => sum + stretch.seconds, 0);
  let sample: StreamsSample = {
    atMs: nowMs - seconds * 1_000,
    pictures: 9_000,
    outTimeMs: 300_000,
    sentBytes: 30_000_000,
    readBytes: 33_000_000,
    holderRunId: stretches[0]?.holder === undefined ? 'p1' : stretches[0].holder,
  };
  let [holderSinceBytes, unread] = [sample.readBytes, 0];
  const samples = [sample];
  for (const { seconds: forS, pictures = 30, pace = 1, sent = 100_000, read = 100_000, holder = 'p1' } of stretches) {
    for (let second = 0; second < forS; second += 1) {
      unread += read;
      const taken = unread - (unread % READ_BYTES);
      unread -= taken;
      sample = {
        atMs: sample.atMs + 1_000,
        pictures: sample.pictures + pictures,
        outTimeMs: sample.outTimeMs + pace * 1_000,
        sentBytes: sample.sentBytes + sent,
        readBytes: sample.readBytes + taken,
        holderRunId: holder,
      };
      if (holder !== samples.at(-1)?.holderRunId) holderSinceBytes = sample.readBytes;
      samples.push(sample);
    }
  }
  return { samples: samples.slice(-32), holderSinceBytes };
}

/** FFmpeg reads its pipe by as much. */
const READ_BYTES = 65_536;
