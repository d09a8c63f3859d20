import type { Cursor } from './programme.ts';
import type { PlayoutRecord, Stream } from './run.ts';
import type { Reason } from './reasons.ts';
import type { StatusWord } from './status.ts';
import { NO_YOUTUBE_MEMORY, type YouTubeMemory } from './youtube/memory.ts';

export interface Backoff {
  /** Failures in a row that count towards giving up. */
  readonly failures: number;
  /** Which wait comes next: 0 → ×1, 1 → ×2, 2 and more → ×4. Survives the daemon. */
  readonly step: number;
  /** Monotonic time of the next try. */
  readonly notBeforeMs: number;
  /** Deaths within the last ten minutes, oldest first, at most 16. Of uplinks only deaths of healthy ones. */
  readonly deathsAtMs: readonly number[];
}

export const NO_BACKOFF: Backoff = { failures: 0, step: 0, notBeforeMs: 0, deathsAtMs: [] };

export interface RecycleMemory {
  /** The firing that comes next; null = none. */
  readonly dueWallMs: number | null;
  /** Name of the schedule that firing belongs to: a firing of an earlier file's schedule does not count. */
  readonly dueFor: string | null;
  /** Monotonic end of the pause under way; null = none. */
  readonly pausedUntilMs: number | null;
  /** Monotonic end of the last pause. */
  readonly resumedAtMs: number | null;
}

/** The broadcast as counted here: it began after the last gap of 60 s or more. */
export interface BroadcastMemory {
  readonly sinceMs: number;
  /** Last seen on air. */
  readonly seenMs: number;
}

export const NO_RECYCLE: RecycleMemory = { dueWallMs: null, dueFor: null, pausedUntilMs: null, resumedAtMs: null };

/** What the planner remembers from pass to pass, and `stream_state.json` from daemon to daemon. All else is observed anew each time. */
export interface Memory {
  readonly uplink: UplinkMemory;
  /** Waits per item, by key; only items in trouble are listed. */
  readonly items: Readonly<Record<string, ItemMemory>>;
  /** Waits of the slate after its failures. */
  readonly slate: Backoff;
  /** Where the programme is; null = at its beginning. */
  readonly cursor: Cursor | null;
  /** Playouts that were started or seen and whose end is not accounted for yet, by run id. */
  readonly playouts: Readonly<Record<string, PlayoutMemory>>;
  /** null = the position on air is estimated by bytes. */
  readonly pace: PositionPair | null;
  /** Runs that are being ended, by run id. */
  readonly stopping: Readonly<Record<string, Stopping>>;
  readonly restarts: Restarts;
  readonly air: AirTime;
  readonly recycle: RecycleMemory;
  readonly broadcast: BroadcastMemory | null;
  /** Random, so that two hosts installed alike shuffle differently; null = memory of a version without it: the state's id is the seed. */
  readonly shuffleSeed: string | null;
  /** How long this machine had been suspended since boot, at the last pass that knew; null = none knew. */
  readonly suspendedMs: number | null;
  /** Hash of the last file that was fully on air. */
  readonly appliedHash: string | null;
  /** Since when the stream has been off air although it is desired; null = it is on air, or not desired. */
  readonly downSinceMs: number | null;
  /** What `/health` said last, and since when (wall time). */
  readonly told: { readonly status: StatusWord; readonly reason: string; readonly sinceWallMs: number } | null;
  /** Since when each condition has its status (wall time). */
  readonly conditions: Readonly<Record<string, { readonly status: string; readonly sinceWallMs: number }>>;
  readonly youtube: YouTubeMemory;
  /** The trouble under way, and the messages still to be sent about it. */
  readonly trouble: TroubleMemory;
}

/** `stopped`: off air by the file; `paused`: off air for a recycle, or because the daemon was told to end. */
export type TroubleLevel = 'well' | 'degraded' | 'down' | 'stopped' | 'paused';

export interface Since {
  readonly sinceMs: number;
  readonly sinceWallMs: number;
}

export interface TroubleMemory {
  /** The present level, and since when; null = no pass has set it since the machine booted. */
  readonly current: ({ readonly level: TroubleLevel } & Since) | null;
  /** Since when the stream has been `degraded` or `down`; null = it is neither. */
  readonly ill: Since | null;
  /** The worst that was sent about the present trouble. */
  readonly told: 'nothing' | 'degraded' | 'down';
  /** Messages not yet delivered, oldest first. */
  readonly outbox: readonly Notice[];
}

/** One message to `NOTIFY_URL`. */
export interface Notice {
  readonly id: string;
  readonly event: 'trouble' | 'well';
  readonly status: StatusWord;
  readonly reason: Reason | 'Test';
  readonly message: string;
  /** When the trouble began, or since when all is well. */
  readonly sinceWallMs: number;
  readonly atWallMs: number;
}

export const NO_TROUBLE: TroubleMemory = { current: null, ill: null, told: 'nothing', outbox: [] };

export interface UplinkSeen {
  readonly runId: string;
  readonly healthy: boolean;
  /** When it was started, by the wall clock of its first sight; null = not seen yet. */
  readonly sinceWallMs: number | null;
}

export interface UplinkMemory {
  readonly backoff: Backoff;
  /** The uplink of the pass before: where it is missing now, it has died. null = there was none, or its death is accounted for. */
  readonly current: UplinkSeen | null;
  /** Why the last uplink ended, in words for people. */
  readonly lastFailure: string | null;
  /** The ingest's port has refused since the last failure. */
  readonly ingestRefused: boolean;
}

export interface ItemMemory extends Backoff {
  /** The version of the object that this memory is about; absent = not known. */
  readonly version?: string | undefined;
  /** Where in the item a playout ended by itself too early; null = nowhere, or a later playout has passed that place. */
  readonly endedEarlyAtMs: number | null;
  /** The store could not be reached since the item's last death. */
  readonly storeFailed: boolean;
  readonly suspicion: Suspicion | null;
  /** The stream that did not reach the ingest when the item was last on air; null = none, or the item has been on air whole since. */
  readonly missing: Stream | null;
  /** Media seconds this machine encoded a second, where they were too few; null = it was fast enough, or the item has been on air whole since. */
  readonly tooSlow: number | null;
}

/**
 * The store may have caused the item's last death; reading some of the item's bytes clears it. `starved`: the playout got
 * too little input, so only the store can be the cause. `endedEarly`: FFmpeg ended by itself, as it does when its input fails.
 */
export interface Suspicion {
  readonly kind: 'starved' | 'endedEarly';
  readonly sinceMs: number;
}

export interface PlayoutMemory {
  /** null = the run carried no readable record. */
  readonly record: PlayoutRecord | null;
  /** Media time the run had written when last seen. */
  readonly outTimeMs: number;
  /** Of that, the media time that had reached the uplink. */
  readonly airedMs: number;
  /** Media time in its reservoir when last seen. */
  readonly bufferedMs: number;
  /** Monotonic time of the last sight. */
  readonly seenAtMs: number;
  /** How its FFmpeg ended; null = it has not ended, or that is not accounted for yet. */
  readonly ended: PlayoutEnd | null;
  /** The stream of it that does not reach the ingest; null = none is known to be missing. */
  readonly missing: Stream | null;
  /** It held `program.lock` when last seen. */
  readonly onAir: boolean;
  /** Since when it has been neither on air nor in line; null = it is on air or in line, or was not seen yet. */
  readonly unplacedSinceMs: number | null;
}

/** A pair of positions at one moment: the run's `airedMs` and the uplink's `uplinkOutMs`. From there both advance alike. */
export interface PositionPair {
  readonly runId: string;
  readonly airedMs: number;
  readonly uplinkRunId: string;
  readonly uplinkOutMs: number;
}

/** `early`: before the end of its part of the item, which goes on at `resumeAtMs`. */
export type PlayoutEnd = { readonly kind: 'complete' } | { readonly kind: 'early'; readonly resumeAtMs: number };

export interface Stopping {
  readonly manner: StopManner;
  readonly sinceMs: number;
  /** Signals sent so far; see `rules/stopping.ts`. */
  readonly signals: number;
  readonly reason: string;
}

/** Ways to end a run, from the one that leaves most time to the one that leaves none. */
export const STOP_MANNERS = ['graceful', 'drain', 'sever', 'cut', 'brisk', 'kill'] as const;

/**
 * `graceful`: FFmpeg has time to end its output. `drain`: FFmpeg hangs; it is ended alone, and what it has written plays on
 * from its reservoir. `sever`: as `drain`, for an FFmpeg that is stopped and hears no SIGTERM; the item is not to blame.
 * `cut`: FFmpeg and its reservoir end at once, the gate passes on what is in its pipe. `brisk`: it hangs and a successor
 * waits, so SIGKILL follows after 0.5 s. `kill`: SIGKILL at once.
 */
export type StopManner = (typeof STOP_MANNERS)[number];

export interface Restarts {
  readonly count: number;
  readonly lastReason: string | null;
  readonly lastAtWallMs: number | null;
}

export interface AirTime {
  /** Wall time at which the session went on air; null = off air. */
  readonly sessionSinceWallMs: number | null;
  readonly sessionMs: number;
  readonly totalMs: number;
  /** Monotonic time up to which the two above have been counted. */
  readonly countedUntilMs: number | null;
}

export const NO_MEMORY: Memory = {
  uplink: { backoff: NO_BACKOFF, current: null, lastFailure: null, ingestRefused: false },
  items: {},
  slate: NO_BACKOFF,
  cursor: null,
  playouts: {},
  pace: null,
  stopping: {},
  restarts: { count: 0, lastReason: null, lastAtWallMs: null },
  air: { sessionSinceWallMs: null, sessionMs: 0, totalMs: 0, countedUntilMs: null },
  recycle: NO_RECYCLE,
  broadcast: null,
  suspendedMs: null,
  shuffleSeed: null,
  appliedHash: null,
  downSinceMs: null,
  told: null,
  conditions: {},
  youtube: NO_YOUTUBE_MEMORY,
  trouble: NO_TROUBLE,
};
