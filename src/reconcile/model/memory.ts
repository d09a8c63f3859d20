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
  /** Monotonic time before which nothing is tried. */
  readonly notBeforeMs: number;
  /** Deaths within the last ten minutes, oldest first; bounded. Of uplinks only those that had been healthy. */
  readonly deathsAtMs: readonly number[];
}

export const NO_BACKOFF: Backoff = { failures: 0, step: 0, notBeforeMs: 0, deathsAtMs: [] };

export interface RecycleMemory {
  /** Firing that is being waited for; null = none. */
  readonly dueWallMs: number | null;
  /** Name of the schedule it belongs to: a firing of a file that is no more is nobody's wish. */
  readonly dueFor: string | null;
  /** Monotonic end of the pause under way; null = none. */
  readonly pausedUntilMs: number | null;
  /** Monotonic end of the last pause. */
  readonly resumedAtMs: number | null;
}

/** Since when the broadcast has been going on, by the last gap long enough to end one. */
export interface BroadcastMemory {
  readonly sinceMs: number;
  /** Last seen on air. */
  readonly seenMs: number;
}

export const NO_RECYCLE: RecycleMemory = { dueWallMs: null, dueFor: null, pausedUntilMs: null, resumedAtMs: null };

/**
 * What the planner remembers from pass to pass, and `stream_state.json` from daemon to daemon. Everything else is
 * observed anew each time.
 */
export interface Memory {
  readonly uplink: UplinkMemory;
  /** Waits per item, by key; only items in trouble are listed. */
  readonly items: Readonly<Record<string, ItemMemory>>;
  /** Waits of the slate, which has to fail as rarely as the sky falls. */
  readonly slate: Backoff;
  /** Where the programme is; null = at its beginning. */
  readonly cursor: Cursor | null;
  /** Playouts believed alive, by run id: started or seen, and their end not yet accounted for. */
  readonly playouts: Readonly<Record<string, PlayoutMemory>>;
  /** null = the place of what is on air is told by bytes. */
  readonly pace: Pace | null;
  /** Runs that are being ended, by run id. */
  readonly stopping: Readonly<Record<string, Stopping>>;
  readonly restarts: Restarts;
  readonly air: AirTime;
  readonly recycle: RecycleMemory;
  readonly broadcast: BroadcastMemory | null;
  /** Two hosts installed alike play their shuffled programmes in other orders; null = kept by a version without: the state's id. */
  readonly shuffleSeed: string | null;
  /** How long this machine had been suspended when last seen; null = never looked. */
  readonly suspendedMs: number | null;
  /** Hash of the last file that was fully on air. */
  readonly appliedHash: string | null;
  /** Since when nothing that should be on air has been; null = all is well or nothing is wished. */
  readonly downSinceMs: number | null;
  /** What `/health` said last, and since when (wall time). */
  readonly told: { readonly status: StatusWord; readonly reason: string; readonly sinceWallMs: number } | null;
  /** Since when each condition has its status (wall time). */
  readonly conditions: Readonly<Record<string, { readonly status: string; readonly sinceWallMs: number }>>;
  readonly youtube: YouTubeMemory;
  /** What is told of troubles, and to be told still. */
  readonly trouble: TroubleMemory;
}

/** `stopped`: off air by the file; `paused`: off air for a recycle, or by a daemon that was told to end. */
export type TroubleLevel = 'well' | 'degraded' | 'down' | 'stopped' | 'paused';

export interface Since {
  readonly sinceMs: number;
  readonly sinceWallMs: number;
}

export interface TroubleMemory {
  /** How the stream is, and since when; null = it was not looked at since the machine has booted. */
  readonly current: ({ readonly level: TroubleLevel } & Since) | null;
  /** Since when it has been `degraded` or `down`; null = it is neither. */
  readonly ill: Since | null;
  /** What was told of the trouble that is not over. */
  readonly told: 'nothing' | 'degraded' | 'down';
  /** Messages that were not delivered yet, oldest first. */
  readonly outbox: readonly Notice[];
}

/** One message to whoever is to be told. */
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
  /** When it was started, by the wall clock as it then was; null = it was not seen yet. */
  readonly sinceWallMs: number | null;
}

export interface UplinkMemory {
  readonly backoff: Backoff;
  /** The uplink seen last, to tell its death from its absence; null = none, or its death is accounted for. */
  readonly current: UplinkSeen | null;
  /** Why it ended last, in words for people. */
  readonly lastFailure: string | null;
  /** Set while the ingest's port was seen refusing after the last failure. */
  readonly ingestRefused: boolean;
}

export interface ItemMemory extends Backoff {
  /** Of which version of the object all this was seen; absent = not known. */
  readonly version?: string | undefined;
  /** Where in the item a playout ended by itself before its time, until one has come past it. */
  readonly endedEarlyAtMs: number | null;
  /** The store could not be reached since. */
  readonly storeFailed: boolean;
  readonly suspicion: Suspicion | null;
  /** What did not reach the ingest when it was last on air, until it has been seen whole. */
  readonly missing: Stream | null;
  /** Media seconds a second that this machine made of it, which were too few, until it has been seen whole; null = enough. */
  readonly tooSlow: number | null;
}

/**
 * The store may be to blame for the item's last death, until some of its bytes have been read. `starved`: too little
 * came, so nothing else can be. `endedEarly`: the playout ended by itself, as it does when its input fails.
 */
export interface Suspicion {
  readonly kind: 'starved' | 'endedEarly';
  readonly sinceMs: number;
}

export interface PlayoutMemory {
  /** null = it left no readable record. */
  readonly record: PlayoutRecord | null;
  /** Media time this run had written when last seen. */
  readonly outTimeMs: number;
  /** Media time of it that had reached the uplink by then. */
  readonly airedMs: number;
  /** What stood in its reservoir then. */
  readonly bufferedMs: number;
  /** When that was. */
  readonly seenAtMs: number;
  /** What its FFmpeg came to, accounted for; null = it has not ended. */
  readonly ended: PlayoutEnd | null;
  /** What of it does not reach the ingest; null = nothing is known to be missing. */
  readonly missing: Stream | null;
  /** It held `program.lock` when last seen. */
  readonly onAir: boolean;
  /** Since when it has been neither on air nor in line; null = it is one of them, or was never seen. */
  readonly unplacedSinceMs: number | null;
}

/** The run on air had come so far when the uplink had sent so much; from there on both go on together. */
export interface Pace {
  readonly runId: string;
  readonly airedMs: number;
  readonly uplinkRunId: string;
  readonly uplinkOutMs: number;
}

/** `early`: before its time; the item goes on at `resumeAtMs`. */
export type PlayoutEnd = { readonly kind: 'complete' } | { readonly kind: 'early'; readonly resumeAtMs: number };

export interface Stopping {
  readonly manner: StopManner;
  readonly sinceMs: number;
  /** Signals sent so far; see `stop.ts`. */
  readonly signals: number;
  readonly reason: string;
}

/**
 * `graceful`: time to say goodbye. `drain`: it hangs, but what it has written plays on from its reservoir. `sever`: the
 * same of an FFmpeg that hears nothing, through no fault of its item. `cut`: FFmpeg and its reservoir end at once, the
 * gate passes on what is in its pipe. `brisk`: it hangs, something better waits. `kill`: it would not hear anything
 * else, or has nothing to say goodbye to.
 */
export type StopManner = 'graceful' | 'drain' | 'sever' | 'cut' | 'brisk' | 'kill';

export interface Restarts {
  readonly count: number;
  readonly lastReason: string | null;
  readonly lastAtWallMs: number | null;
}

export interface AirTime {
  /** Wall time since which the session is on air; null = off air. */
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
