import type { BroadcastSpec, YouTubeCall } from './youtube.ts';

/** What is remembered of YouTube's side from pass to pass, and from daemon to daemon. `Wall`: Unix time; the rest is monotonic. */
export interface YouTubeMemory {
  readonly login: string | null;
  readonly api: ApiMemory;
  /** The call whose answer is awaited. A new daemon never hears it: the answer is lost. */
  readonly pending: { readonly nonce: string; readonly call: YouTubeCall; readonly applies: Applied } | null;
  readonly pace: PaceMemory;
  /** Since when bytes are acknowledged without a break; null = they are not. */
  readonly acknowledgedSinceMs: number | null;
  /** Since when there is no uplink; null = there is one, or nobody could see. */
  readonly uplinkGoneSinceMs: number | null;
  /** Reads that found no broadcast of our stream live while bytes were acknowledged; null = one is, or it is not known. */
  readonly nothingLive: ReadsSince | null;
  /** Live on our stream beside another that is not ours, by id. */
  readonly surplus: Readonly<Record<string, ReadsSince>>;
  /** Seen live on our stream, and their end not yet accounted for, by id. */
  readonly live: Readonly<Record<string, SeenLive>>;
  /** The one that is kept live: begun by us, or adopted. */
  readonly current: OwnBroadcast | null;
  /** Ours as well, to be completed. */
  readonly retiring: readonly string[];
  /** The next one, on its way to live. */
  readonly attempt: Attempt | null;
  /** How many were begun or adopted in this state directory: `{n}`. */
  readonly count: number;
  /** When one was asked for, in the last 24 hours. */
  readonly creationsWallMs: readonly number[];
  readonly healing: Healing;
  /** YouTube takes no new broadcast: as many as it allows, or a value it refuses. */
  readonly blocked: Blocked | null;
  /** The current one is to be followed by another. */
  readonly renewal: 'recycle' | 'age' | null;
  /** The firing of `recycle` that is waited for, and the name of its schedule. */
  readonly due: { readonly wallMs: number; readonly name: string } | null;
  /** When a write was asked for last, by what it does to whom: the same is not repeated at once. */
  readonly writes: Readonly<Record<string, { readonly atMs: number; readonly tries: number }>>;
  /** The latest last, 32 at most. */
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
  /** In a row. */
  readonly failures: number;
  /** A call has succeeded since the login. */
  readonly proven: boolean;
}

export interface PaceMemory {
  /** When the last look was asked for. */
  readonly lookedAtMs: number | null;
  /** When the look was begun that was accounted for last. */
  readonly accountedMs: number | null;
  /** Until when looks come at the fast pace. */
  readonly fastUntilMs: number | null;
  /** When the last write ended: what was read before is no longer true. */
  readonly changedAtMs: number | null;
}

export interface SeenLive {
  /** By YouTube's word; null = it has not said. */
  readonly startedWallMs: number | null;
  /** First seen live by us; a wrong clock does not touch it. */
  readonly sinceMs: number;
  /** The first look that no longer found it live; null = the last one did. */
  readonly missedAtMs: number | null;
}

/** Waits between broadcasts that replace one which ended without us. */
export interface Healing {
  /** The current one ended by itself, so that the next one heals. */
  readonly lost: boolean;
  readonly lastWallMs: number | null;
  readonly waitMs: number;
}

export interface ReadsSince {
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** A value the file has for a key of `broadcast`, as it was applied; a key that is missing never was. */
export type Applied = Partial<BroadcastSpec>;

/** What the placeholders stand for, fixed when the broadcast begins. */
export interface Fillings {
  readonly beginWallMs: number;
  readonly n: number;
  /** Title or key of what was on air then; null = the slate, or nothing. */
  readonly item: string | null;
}

export interface OwnBroadcast {
  readonly id: string;
  readonly origin: 'begun' | 'adopted';
  readonly fillings: Fillings;
  readonly applied: Applied;
  /** What YouTube refused of the description, told once. */
  readonly refusals: readonly string[];
}

export interface Attempt {
  readonly why: 'begin' | 'heal' | 'recycle' | 'age';
  readonly fillings: Fillings;
  readonly spec: BroadcastSpec;
  /** With this and the title a broadcast is known again whose id was lost with an answer. */
  readonly title: string;
  readonly scheduledWallMs: number;
  /** null = not known (yet). */
  readonly id: string | null;
  /** It was asked for, so it may exist whatever was answered. */
  readonly sent: boolean;
  /** Looks that should have shown it and did not. */
  readonly missed: ReadsSince | null;
  readonly step: 'announced' | 'created' | 'bound' | 'starting';
  /** Since when YouTube says it is about to start. */
  readonly startingSinceMs: number | null;
  /** It is not to become live any more. */
  readonly unwanted: boolean;
}

export interface Blocked {
  readonly reason: string;
  readonly message: string;
  readonly untilMs: number | null;
  /** Only another description ends it; null = time does. */
  readonly spec: string | null;
}

/** What became of a broadcast that ended: only a public and whole video counts. */
export interface Archive {
  readonly id: string;
  readonly startedWallMs: number | null;
  readonly endedWallMs: number;
  readonly state: 'awaited' | 'kept' | 'lost';
  /** What is wanting. */
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
