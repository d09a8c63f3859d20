import type { BroadcastSpec, YouTubeCall } from './youtube.ts';

/** What is remembered of YouTube's side from pass to pass, and from daemon to daemon. Times named `Wall` are Unix time, the rest monotonic. */
export interface YouTubeMemory {
  readonly login: string | null;
  readonly api: ApiMemory;
  /** The call whose answer is awaited. A new daemon does not get the answer of an earlier one's call. */
  readonly pending: { readonly nonce: string; readonly call: YouTubeCall; readonly applies: Applied } | null;
  readonly pace: PaceMemory;
  /** Since when the ingest has acknowledged bytes without a break; null = it does not now. */
  readonly acknowledgedSinceMs: number | null;
  /** Since when there has been no uplink; null = there is one, or the processes could not be read. */
  readonly uplinkGoneSinceMs: number | null;
  /** The looks in a row that found no broadcast of our stream live while bytes were acknowledged; null = the last look was none. */
  readonly nothingLive: ReadsSince | null;
  /** Broadcasts live on our stream beside the current one, by id: the looks that saw them. */
  readonly surplus: Readonly<Record<string, ReadsSince>>;
  /** Broadcasts seen live on our stream whose end is not accounted for yet, by id. */
  readonly live: Readonly<Record<string, SeenLive>>;
  /** The broadcast that is kept live: begun by us, or adopted. */
  readonly current: OwnBroadcast | null;
  /** Broadcasts of ours that are to be completed. */
  readonly retiring: readonly string[];
  /** The next broadcast, until it is live. */
  readonly attempt: Attempt | null;
  /** How many broadcasts were begun or adopted in this state directory: `{n}`. */
  readonly count: number;
  /** The times at which broadcasts were created, of the last 24 hours. */
  readonly creationsWallMs: readonly number[];
  readonly healing: Healing;
  /** Why YouTube takes no new broadcast now: its limit is reached, or it refuses a value. */
  readonly blocked: Blocked | null;
  /** Why the current broadcast is to be followed by another; null = it is not. */
  readonly renewal: 'recycle' | 'age' | null;
  /** The next firing of `recycle`, and the name of its schedule. */
  readonly due: { readonly wallMs: number; readonly name: string } | null;
  /** When each write was last asked for, by `writeName`, so that the same is not repeated at once. */
  readonly writes: Readonly<Record<string, { readonly atMs: number; readonly tries: number }>>;
  /** The latest last; at most 32. */
  readonly archives: readonly Archive[];
}

export interface ApiMemory {
  readonly state: 'ok' | 'backoff' | 'quota' | 'unauthorized' | 'refused';
  /** YouTube's own word; null while all is well. */
  readonly reason: string | null;
  readonly message: string | null;
  /** No call before this. */
  readonly untilMs: number | null;
  /** The same by the wall clock, for people. */
  readonly untilWallMs: number | null;
  /** Failed calls in a row. */
  readonly failures: number;
  /** A call has succeeded since the login. */
  readonly proven: boolean;
}

interface PaceMemory {
  /** When the last look was begun. */
  readonly lookedAtMs: number | null;
  /** `atMs` of the look that was accounted for last. */
  readonly accountedMs: number | null;
  /** Until when looks come at the fast pace. */
  readonly fastUntilMs: number | null;
  /** When the last write ended: a look begun before it no longer counts. */
  readonly changedAtMs: number | null;
}

export interface SeenLive {
  /** When it started, according to YouTube; null = not said yet. */
  readonly startedWallMs: number | null;
  /** When a look first saw it live, by the monotonic clock. */
  readonly sinceMs: number;
  /** `atMs` of the first look that no longer found it live; null = the last look did. */
  readonly missedAtMs: number | null;
}

/** Waits between broadcasts that replace one which we did not end ourselves. */
interface Healing {
  /** The current broadcast ended without us, so the next one heals. */
  readonly lost: boolean;
  readonly lastWallMs: number | null;
  readonly waitMs: number;
}

export interface ReadsSince {
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** The values of `broadcast` that were applied; a key that is missing was never applied. */
export type Applied = Partial<BroadcastSpec>;

/** What the placeholders stand for, fixed when the broadcast begins. */
export interface Fillings {
  readonly beginWallMs: number;
  readonly n: number;
  /** Title or key of the item then on air; null = the slate, or nothing. */
  readonly item: string | null;
}

export interface OwnBroadcast {
  readonly id: string;
  readonly origin: 'begun' | 'adopted';
  readonly fillings: Fillings;
  readonly applied: Applied;
  /** What YouTube refused of the description, in words. */
  readonly refusals: readonly string[];
}

export interface Attempt {
  readonly why: 'begin' | 'heal' | 'recycle' | 'age';
  readonly fillings: Fillings;
  readonly spec: BroadcastSpec;
  /** This and the title find a broadcast whose id was lost with an answer. */
  readonly title: string;
  readonly scheduledWallMs: number;
  /** null = not known (yet). */
  readonly id: string | null;
  /** The insert was sent, so the broadcast may exist whatever the answer was. */
  readonly sent: boolean;
  /** The looks that should have shown it and did not; null = none. */
  readonly missed: ReadsSince | null;
  readonly step: 'announced' | 'created' | 'bound' | 'starting';
  /** Since when YouTube says `liveStarting` or `testStarting`; null = it does not. */
  readonly startingSinceMs: number | null;
  /** It is to be deleted rather than made live. */
  readonly unwanted: boolean;
}

export interface Blocked {
  readonly reason: string;
  readonly message: string;
  readonly untilMs: number | null;
  /** The description (JSON) that was refused: another one unblocks; null = time does. */
  readonly spec: string | null;
}

/** The video of a broadcast that ended; only a public and whole one counts towards watch hours. */
export interface Archive {
  readonly id: string;
  readonly startedWallMs: number | null;
  readonly endedWallMs: number;
  readonly state: 'awaited' | 'kept' | 'lost';
  /** What is wrong with the video; null = nothing, or not looked at yet. */
  readonly why: string | null;
  readonly durationMs: number | null;
  readonly checkedWallMs: number | null;
}

export const API_WELL: ApiMemory = {
  state: 'ok',
  reason: null,
  message: null,
  untilMs: null,
  untilWallMs: null,
  failures: 0,
  proven: false,
};

export const NO_PACE: PaceMemory = { lookedAtMs: null, accountedMs: null, fastUntilMs: null, changedAtMs: null };

export const NO_YOUTUBE_MEMORY: YouTubeMemory = {
  login: null,
  api: API_WELL,
  pending: null,
  pace: NO_PACE,
  acknowledgedSinceMs: null,
  uplinkGoneSinceMs: null,
  nothingLive: null,
  surplus: {},
  live: {},
  current: null,
  retiring: [],
  attempt: null,
  count: 0,
  creationsWallMs: [],
  healing: { lost: false, lastWallMs: null, waitMs: 0 },
  blocked: null,
  renewal: null,
  due: null,
  writes: {},
  archives: [],
};
