import type { Observed } from './observed.ts';
import type { Treatment } from './playout.ts';

/**
 * A run is one FFmpeg and, for a playout, the gate (`flock … cat`) its bytes pass through. It describes itself in its
 * environment, which the kernel keeps as long as the process lives: no file about a run can go stale.
 */
export type Role = 'uplink' | 'playout';

/** `STREAM_CONTROLLER_RUN`, which marks a process as ours. A process without it is never signalled. */
export interface Marker {
  /** Hash of the state directory's real path. */
  readonly stateId: string;
  readonly role: Role;
  readonly specHash: string;
  readonly runId: string;
}

export const MARKER_VARIABLE = 'STREAM_CONTROLLER_RUN';
export const RECORD_VARIABLE = 'STREAM_CONTROLLER_RECORD';

export const formatMarker = (marker: Marker): string =>
  `${marker.stateId}:${marker.role}:${marker.specHash}:${marker.runId}`;

/** The marker in this text, or null when it is not one of ours. */
export function parseMarker(text: string): Marker | null {
  const [stateId, role, specHash, runId, ...rest] = text.split(':');
  if (stateId === undefined || specHash === undefined || runId === undefined || rest.length > 0) return null;
  if (role !== 'uplink' && role !== 'playout') return null;
  if (![stateId, specHash, runId].every((part) => /^[0-9a-z-]{1,64}$/.test(part))) return null;
  return { stateId, role, specHash, runId };
}

/** Names one process within this boot: a reused PID has other start ticks. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of `/proc/PID/stat`, in clock ticks since boot. */
  readonly startTicks: number;
}

/** What a playout plays, from where, for how long; carried in `STREAM_CONTROLLER_RECORD`. */
export type PlayoutRecord =
  | {
      readonly kind: 'item';
      readonly key: string;
      readonly version: string;
      /** Place in the programme. */
      readonly round: number;
      readonly index: number;
      /** Where in the item this run begins. */
      readonly offsetMs: number;
      /** Length of the item itself; null when its container does not say. */
      readonly durationMs: number | null;
      /** How long this run plays in all (loops counted); null when unknown. */
      readonly lengthMs: number | null;
      readonly mode: Treatment;
      /** Picture and sound; absent where both are as `mode` says. */
      readonly picture?: Treatment | undefined;
      readonly sound?: Treatment | undefined;
      /** What the run writes per second: turns bytes in pipes and reservoir into media time. */
      readonly rateKbps: number;
      readonly frame: Frame;
      /**
       * When its first picture was expected on air. The place in the clip under a song was chosen for that moment, and the
       * next song's follows from it. Absent where no clip is copied.
       */
      readonly seenAtWallMs?: number | undefined;
    }
  | { readonly kind: 'slate'; readonly frame: Frame };

/** Size and rate, such as `1280x720@30`: what cannot change within an RTMP session. */
export type Frame = string;

export type ItemRecord = Extract<PlayoutRecord, { kind: 'item' }>;

/** How the gate's bytes flow: `held` while it waits in line or its output is full, `starved` while it waits for input. */
export type GateFlow = 'held' | 'starved' | 'moving';

export interface Gate extends ProcessIdentity {
  /** From `/proc/locks`: who holds `program.lock` is on air. */
  readonly place: 'holder' | 'waiter' | 'neither';
  readonly flow: GateFlow;
}

export interface Progress {
  /** Media time written so far. */
  readonly outTimeMs: number;
  readonly totalBytes: number;
  /** Monotonic time at which `outTimeMs` was last seen to grow. */
  readonly advancedAtMs: number;
  /** Monotonic time at which it was first seen above zero; null = not yet. */
  readonly firstAtMs: number | null;
  readonly ended: boolean;
}

/** The uplink's TCP connection to the ingest, from `/proc/PID/net/tcp`. */
export interface SendQueue {
  readonly queuedBytes: number;
  /** Time since the queue was last empty or the acknowledged bytes last advanced. */
  readonly unackedMs: number;
}

/** An uplink's progress at one look. */
export interface PaceSample {
  /** Monotonic time of the look. */
  readonly atMs: number;
  /** Media time and bytes it had written to its connection. */
  readonly outTimeMs: number;
  readonly totalBytes: number;
  /** How many of these bytes the ingest had not acknowledged. */
  readonly queuedBytes: number;
  /** The flow of the gate on air; null = no playout was on air, or it had no gate. */
  readonly flow: GateFlow | null;
  /** Whether the starved playout on air had read all that the store had sent; null = it was not starved, or that is not known. */
  readonly hasReadAll: boolean | null;
}

/** The samples one daemon took of an uplink's pace; never empty, bounded. */
export interface PaceHistory {
  /** The first one. */
  readonly first: PaceSample;
  /** About one a second over the last minute, oldest first. */
  readonly recent: readonly PaceSample[];
}

/** The worst values this daemon saw in the packets of an item that is copied. */
export interface SentPackets {
  /** Longest time without a key frame, seconds. */
  readonly keyframeGapS: number;
  /** Longest time from one picture to the next in the order they are sent, seconds. */
  readonly pictureStepS: number;
  /** Longest time from one sound packet to the next, seconds; 0 where the sound is not copied. */
  readonly soundStepS: number;
  /** The most pictures that were sent before a picture that is shown earlier than they. */
  readonly reorderFrames: number;
  /** A key frame had other parameter sets than the one before. */
  readonly parametersChange: boolean;
}

/** One of the two streams that an uplink sends. */
export type Stream = 'picture' | 'sound';

/** The counters of an uplink's two streams at one look; all since its start. */
export interface StreamsSample {
  /** Monotonic time of the look. */
  readonly atMs: number;
  /** Pictures handed to its muxer: `frame` of its progress. */
  readonly pictures: number;
  /** `out_time` of its progress: up to FFmpeg 6.1 of the stream further ahead, from 7 on of the one further behind. */
  readonly outTimeMs: number;
  /** Bytes its muxer has put out: `total_size` of its progress. */
  readonly sentBytes: number;
  /** Bytes it has read from the FIFO. */
  readonly readBytes: number;
  /** The playout that held `program.lock`; null = none did. */
  readonly holderRunId: string | null;
}

/** The samples one daemon took of an uplink's streams lately; never empty, bounded. */
export interface StreamsHistory {
  /** Oldest first, without a gap of more than 4 s. */
  readonly samples: readonly StreamsSample[];
  /** `readBytes` of the first sample with the last sample's holder. */
  readonly holderSinceBytes: number;
}

/** `frozen`: FFmpeg is stopped by a signal or a tracer. `draining`: FFmpeg has ended, its reservoir or gate has not. */
export type RunLife = 'running' | 'frozen' | 'draining';

/** The process `mbuffer`, which holds programme in memory between FFmpeg and the gate. */
export interface Reservoir extends ProcessIdentity {
  /** Its capacity. */
  readonly sizeBytes: number;
  /** Bytes it has read and written so far, from `/proc/PID/io`; null = could not be read. */
  readonly bytes: { readonly read: number; readonly written: number } | null;
}

/** The pace of an encode that neither its input nor its output holds back. */
export interface EncodePace {
  /** The time it was watched, at most the last 20 s. */
  readonly overMs: number;
  /** Media time it wrote in that time. */
  readonly writtenMs: number;
}

/** How FFmpeg ended: exit code or signal. Both null = it was another daemon's child. */
export interface FfmpegEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

interface RunBase {
  readonly runId: string;
  readonly specHash: string;
  /** The process to signal: FFmpeg or, where it has ended, the reservoir, else the gate. */
  readonly process: ProcessIdentity;
  /** FFmpeg's PID, also after its end: it is the session id, so no other process gets it while the gate lives. */
  readonly ffmpegPid: number;
  readonly life: RunLife;
  /** Monotonic time of its start. */
  readonly startedAtMs: number;
  readonly progress: Progress | null;
  /** The last line it wrote to its log that may explain an end, redacted. */
  readonly lastError: string | null;
}

export interface UplinkRun extends RunBase {
  readonly role: 'uplink';
  /** absent = no connection (yet). */
  readonly sendQueue: Observed<SendQueue>;
  /** null = its media time is not known. */
  readonly pace: PaceHistory | null;
  /** null = nothing is known of its streams. */
  readonly streams: StreamsHistory | null;
}

export interface PlayoutRun extends RunBase {
  readonly role: 'playout';
  /** null = it carries no readable record, so it can only be ended. */
  readonly record: PlayoutRecord | null;
  /** null = not started yet, or dead. */
  readonly gate: Gate | null;
  /** null = the run has none, or it is not started yet, or dead. */
  readonly reservoir: Reservoir | null;
  /** Its gate or reservoir is stopped by a signal, so nothing comes through. */
  readonly isClogged: boolean;
  /** How its FFmpeg ended; null = it runs, or ended within the last second and that is not known yet. */
  readonly end: FfmpegEnd | null;
  /**
   * Since when it has lacked input: its reservoir was not full or, without a reservoir, its gate was not held. With the media
   * time it had written then, and the bytes its reservoir had read. null = it lacks none, or is not on air.
   */
  readonly starving: { readonly sinceMs: number; readonly outTimeMs: number; readonly readBytes: number } | null;
  /** null = it encodes no picture, is held back, waits for its input, or has written nothing yet. */
  readonly encodePace: EncodePace | null;
  /** null = its packets are not listed, or it has sent none. */
  readonly sent: SentPackets | null;
  /** It can take over at once: its pipe is full, or its output complete. False for one that is `draining` and wrote nothing. */
  readonly primed: boolean;
}

export type Run = UplinkRun | PlayoutRun;
