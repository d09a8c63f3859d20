import type { Observed } from './observed.ts';
import type { Treatment } from './playout.ts';

/**
 * A run is one FFmpeg and, for a playout, the gate (`flock … cat`) its bytes pass through. It describes itself in its
 * own environment, which the kernel keeps for as long as the process lives: no file about a run can go stale.
 */
export type Role = 'uplink' | 'playout';

/** `STREAM_CONTROLLER_RUN`: what makes a process ours. Nothing without it is ever signalled. */
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

/** One process, beyond doubt within this boot: a PID that was reused has other start ticks. */
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
      /** Length of the item itself; null when its container does not tell. */
      readonly durationMs: number | null;
      /** How long this run plays in all (loops counted); null when unknown. */
      readonly lengthMs: number | null;
      readonly mode: Treatment;
      /** Absent where both are as `mode` says. */
      readonly picture?: Treatment | undefined;
      readonly sound?: Treatment | undefined;
      /** What the run writes per second, for telling its position by what stands in the pipes. */
      readonly rateKbps: number;
      readonly frame: Frame;
      /**
       * When its first picture was to be seen: by that moment the clip under a song has its place, and the next song's goes
       * on from there. Absent where no clip is copied.
       */
      readonly seenAtWallMs?: number | undefined;
    }
  | { readonly kind: 'slate'; readonly frame: Frame };

/** Size and rate, such as `1280x720@30`: what cannot change within an RTMP session. */
export type Frame = string;

export type ItemRecord = Extract<PlayoutRecord, { kind: 'item' }>;

/** How the gate's bytes flow: `held` while the pipe before it is full or it waits in line, `starved` while it waits for input. */
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
  /** Time since the queue was last empty or acknowledged bytes advanced. */
  readonly unackedMs: number;
}

/** How far an uplink had come at one look. */
export interface PaceSample {
  /** Monotonic time of the look. */
  readonly atMs: number;
  /** Media time and bytes it had written to its connection. */
  readonly outTimeMs: number;
  readonly totalBytes: number;
  /** Of these bytes, how many the ingest had not acknowledged. */
  readonly queuedBytes: number;
  /** Of the playout on air; null = there was none, or none with a gate. */
  readonly flow: GateFlow | null;
  /** Of the starved playout on air: whether it has read all that the store has sent; null = not looked at, or not known. */
  readonly hasReadAll: boolean | null;
}

/** What one daemon has seen of an uplink's pace; never empty, bounded. */
export interface PaceHistory {
  /** The first look this daemon took at it. */
  readonly first: PaceSample;
  /** One about every second, oldest first: the last minute. */
  readonly recent: readonly PaceSample[];
}

/** The worst that was seen of the packets of an item that is copied; what this daemon saw of them. */
export interface SentPackets {
  /** Longest time without a key frame, seconds. */
  readonly keyframeGapS: number;
  /** Longest time from one picture to the next in the order they are sent, seconds. */
  readonly pictureStepS: number;
  /** The same of the sound; 0 where it is not copied. */
  readonly soundStepS: number;
  /** Most pictures that were sent before one they are shown after. */
  readonly reorderFrames: number;
  /** A key frame came with other parameter sets than the one before. */
  readonly parametersChange: boolean;
}

/** Picture or sound, of what an uplink sends. */
export type Stream = 'picture' | 'sound';

/** What one look told of an uplink's two streams; counts and bytes since it began. */
export interface StreamsSample {
  /** Monotonic time of the look. */
  readonly atMs: number;
  /** Pictures it has handed to its muxer: `frame` of its progress. */
  readonly pictures: number;
  /** `out_time`: up to FFmpeg 6.1 of the stream that is further on, from 7 on of the one that is further behind. */
  readonly outTimeMs: number;
  /** What its muxer has let go: `total_size`. */
  readonly sentBytes: number;
  /** What it has read of the FIFO. */
  readonly readBytes: number;
  /** The run that held the gate; null = none did. */
  readonly holderRunId: string | null;
}

/** What one daemon has seen of an uplink's streams lately; never empty, bounded. */
export interface StreamsHistory {
  /** Oldest first, without a gap. */
  readonly samples: readonly StreamsSample[];
  /** What the uplink had read when the holder of the last sample was first seen to be it. */
  readonly holderSinceBytes: number;
}

/** `frozen`: FFmpeg is stopped by a signal or a tracer. `draining`: it has ended, what it wrote is still on its way. */
export type RunLife = 'running' | 'frozen' | 'draining';

/** Programme in memory between FFmpeg and the gate: the process `mbuffer`. */
export interface Reservoir extends ProcessIdentity {
  /** What it can hold. */
  readonly sizeBytes: number;
  /** Bytes it has read and written so far, from `/proc/PID/io`; null = not to be seen. */
  readonly bytes: { readonly read: number; readonly written: number } | null;
}

/** How fast an encode is that neither its input nor what follows it holds back. */
export interface EncodePace {
  /** It was looked at for so long; the last 20 s at most. */
  readonly overMs: number;
  /** Media time it wrote meanwhile. */
  readonly writtenMs: number;
}

/** How FFmpeg ended; null each = another daemon's child, or no such end. */
export interface FfmpegEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

interface RunBase {
  readonly runId: string;
  readonly specHash: string;
  /** Who is signalled: FFmpeg, or what is foremost of the rest where FFmpeg has ended. */
  readonly process: ProcessIdentity;
  /** FFmpeg's PID, also where it has ended; no other process can have it while its gate lives. */
  readonly ffmpegPid: number;
  readonly life: RunLife;
  /** Monotonic time of its start. */
  readonly startedAtMs: number;
  readonly progress: Progress | null;
  /** Its last line of complaint, redacted. */
  readonly lastError: string | null;
}

export interface UplinkRun extends RunBase {
  readonly role: 'uplink';
  /** absent = no connection (yet). */
  readonly sendQueue: Observed<SendQueue>;
  /** null = its media time is not known now. */
  readonly pace: PaceHistory | null;
  /** null = nothing is known of its streams now. */
  readonly streams: StreamsHistory | null;
}

export interface PlayoutRun extends RunBase {
  readonly role: 'playout';
  /** null = the run was made by something that left no readable record: it is never right, only ended. */
  readonly record: PlayoutRecord | null;
  /** null = not up yet, or dead. */
  readonly gate: Gate | null;
  /** null = it has none, or that is not up yet, or dead. */
  readonly reservoir: Reservoir | null;
  /** Gate or reservoir are stopped by a signal: whatever is written, nothing comes through. */
  readonly isClogged: boolean;
  /** How its FFmpeg ended; null while it has not, and for a moment after, until that is known. */
  readonly end: FfmpegEnd | null;
  /**
   * Since when it has been seen to lack input, and the media time it had written then, and the bytes its reservoir had
   * got: the reservoir not full, or without one its gate not held back. null = it lacks nothing.
   */
  readonly starving: { readonly sinceMs: number; readonly outTimeMs: number; readonly readBytes: number } | null;
  /** null = it encodes no picture, is held back, waits for its input, or has written nothing yet. */
  readonly encodePace: EncodePace | null;
  /** null = it lists no packets, or has sent none. */
  readonly sent: SentPackets | null;
  /** Its pipe is full or its output complete: it can take over at once. False of one that drains: it wrote nothing. */
  readonly primed: boolean;
}

export type Run = UplinkRun | PlayoutRun;
