/** YouTube's side as the planner sees it, what it may ask for, and why YouTube does not do so. Plain data, no effects. */

/**
 * The kinds of failure; YouTube has some sixty words for these ten. The value is the state of the whole API until the next
 * call; null = the failure concerns one call alone, and another may succeed.
 *
 * - `unauthorized`: final until somebody logs in anew (token revoked or expired, a scope short, the client deleted).
 * - `refused`: final until something is changed at Google (API or live streaming not enabled, channel suspended).
 * - `quota`: every call fails until midnight Pacific.
 * - `rate`: too many calls at once; wait, at least `retryAfterMs` where it is given.
 * - `limit`: as many broadcasts as YouTube allows, live or created; trying again changes nothing until some end.
 * - `inactive`: the stream carries no data yet (`errorStreamInactive`); wait.
 * - `conflict`: YouTube is in another state than remembered; look, then plan anew.
 * - `missing`: no such broadcast, stream, video or playlist.
 * - `invalid`: YouTube refuses this value; trying again changes nothing.
 * - `unavailable`: no answer that can be trusted (timeout, reset, 5xx, HTML). A write may have been applied:
 *   look before it is repeated.
 */
export const API_STATE_AFTER = {
  unauthorized: 'unauthorized',
  refused: 'refused',
  quota: 'quota',
  rate: 'backoff',
  limit: null,
  inactive: null,
  conflict: null,
  missing: null,
  invalid: null,
  unavailable: 'backoff',
} as const;
export type YouTubeFailureKind = keyof typeof API_STATE_AFTER;

export interface YouTubeFailure {
  readonly kind: YouTubeFailureKind;
  /** YouTube's or OAuth's own word (`quotaExceeded`, `invalid_grant`), else ours: `timeout`, `unreachable`, `badAnswer`, `http502`. */
  readonly reason: string;
  /** One line for people, with the remedy where there is one. No secret, address, project number or text of the answer. */
  readonly message: string;
  /** The wait YouTube asked for (`Retry-After`); null = none. */
  readonly retryAfterMs: number | null;
}

export interface Channel {
  readonly id: string;
  readonly title: string;
}

/** A liveStream: the ingestion point behind one stream key. A null field was not said, or in a word unknown here. */
export interface Stream {
  readonly id: string;
  /** Only `active` means that data arrives and a broadcast can go live. */
  readonly status: 'active' | 'created' | 'error' | 'inactive' | 'ready' | null;
  /** YouTube's rating of the stream, `good` the best. It lags: see `healthAtMs`. */
  readonly health: 'good' | 'ok' | 'bad' | 'noData' | 'revoked' | null;
  /** When the rating was given, Unix time. */
  readonly healthAtMs: number | null;
  readonly issues: readonly StreamIssue[];
}

/** One of YouTube's 34 configuration issues, in its own words. */
export interface StreamIssue {
  readonly type: string;
  readonly severity: 'info' | 'warning' | 'error' | null;
}

export type LifeCycle =
  'created' | 'ready' | 'testStarting' | 'testing' | 'liveStarting' | 'live' | 'complete' | 'revoked';
export type Privacy = 'public' | 'unlisted' | 'private';
export type Latency = 'normal' | 'low' | 'ultraLow';

/** A liveBroadcast. A null field was not said, or in a word unknown here. Times are Unix time. */
export interface Broadcast {
  readonly id: string;
  readonly title: string | null;
  readonly lifeCycle: LifeCycle | null;
  readonly privacy: Privacy | null;
  /** Also null for YouTube's "unscheduled", which it writes as 1970-01-01. */
  readonly scheduledAtMs: number | null;
  /** When viewers first saw it: its age for the 12-hour rule. */
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** The liveStream it shows; kept after the end. */
  readonly streamId: string | null;
  readonly autoStop: boolean | null;
  /** Viewers now. Null = none, hidden, or not live: YouTube leaves the field out in each case. */
  readonly viewers: number | null;
}

/** A broadcast to be created. Always with auto-start, auto-stop and monitor stream off, DVR, archive and embedding on. */
export interface NewBroadcast extends Pick<BroadcastSpec, 'privacy' | 'madeForKids' | 'latency'> {
  /** 1 to 100 characters without `<` and `>`. */
  readonly title: string;
  /** At most 5,000 bytes. */
  readonly description: string;
  readonly scheduledAtMs: number;
}

/** The video of a broadcast, which becomes its archive. */
export interface Video {
  readonly id: string;
  readonly privacy: Privacy | null;
  readonly upload: 'uploaded' | 'processed' | 'failed' | 'rejected' | 'deleted' | null;
  /** 0 while there is no video of it yet (`P0D`). */
  readonly durationMs: number | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
}

/** Changes to a video; absent fields stay as they are. */
export interface VideoEdit {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** Id, such as `10` for music. */
  readonly categoryId?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly privacy?: Privacy | undefined;
  readonly madeForKids?: boolean | undefined;
}

/** The key `broadcast` of desired.yaml: what YouTube is to show. */
export interface BroadcastSpec {
  /** With the placeholders {date}, {time}, {n}, {item}, as in `description`. */
  readonly title: string;
  readonly madeForKids: boolean;
  readonly description: string;
  readonly privacy: Privacy;
  /** YouTube's id of a category; null = not set by us. */
  readonly category: string | null;
  readonly tags: readonly string[];
  /** Object key of a JPEG or PNG; null = not set by us. */
  readonly thumbnail: string | null;
  /** Id of a playlist that each broadcast is added to; null = none. */
  readonly playlist: string | null;
  readonly latency: Latency;
}

/** One write or one read. Only one call is under way at a time. */
export type YouTubeCall =
  /** Reads the stream and broadcasts: the active ones, the upcoming ones where `upcoming`, and `ids`. `streamId` null = find the stream by our key. */
  | {
      readonly kind: 'look';
      readonly streamId: string | null;
      readonly upcoming: boolean;
      readonly ids: readonly string[];
    }
  | { readonly kind: 'readVideo'; readonly id: string }
  /** `notes`, here and of `edit`: what had to be changed in title and description, for the log. */
  | { readonly kind: 'insert'; readonly broadcast: NewBroadcast; readonly notes: readonly string[] }
  | { readonly kind: 'bind'; readonly id: string; readonly streamId: string }
  | { readonly kind: 'transition'; readonly id: string; readonly to: 'live' | 'complete' }
  | { readonly kind: 'delete'; readonly id: string }
  | { readonly kind: 'edit'; readonly id: string; readonly edit: VideoEdit; readonly notes: readonly string[] }
  | { readonly kind: 'thumbnail'; readonly id: string; readonly key: string }
  | { readonly kind: 'addToPlaylist'; readonly id: string; readonly playlist: string };

/** What a look found. An id in `ids` without an entry in `broadcasts` does not exist. */
export interface YouTubeLook {
  /** Monotonic time at which the look was begun: nothing in it is younger. */
  readonly atMs: number;
  /** null = no stream of the channel has our key. */
  readonly stream: Stream | null;
  /** The active ones and those asked for, each once. */
  readonly broadcasts: readonly Broadcast[];
  readonly upcoming: boolean;
  readonly ids: readonly string[];
}

/** How the call named by `nonce` ended. */
export interface YouTubeAnswer {
  readonly nonce: string;
  readonly atMs: number;
  readonly outcome:
    { readonly kind: 'ok'; readonly id: string | null } | { readonly kind: 'failed'; readonly failure: YouTubeFailure };
}

export interface Quota {
  readonly used: number;
  readonly limit: number;
  /** Midnight Pacific, wall time. */
  readonly resetsAtMs: number;
}

/** All that is known of YouTube's side; each part null while unknown. */
export interface YouTubeObservation {
  /** Names the login; a new login has a new name. null = there is none. */
  readonly login: string | null;
  readonly quota: Quota | null;
  /** Nonce of the call under way. */
  readonly asking: string | null;
  /** The call that ended last. */
  readonly answer: YouTubeAnswer | null;
  readonly channel: Channel | null;
  /** The last look that succeeded. */
  readonly look: YouTubeLook | null;
  /** `video` null = there is none of that id. */
  readonly video: { readonly id: string; readonly atMs: number; readonly video: Video | null } | null;
}

/** Nobody has logged in, so YouTube is not looked at. */
export const NO_LOGIN: YouTubeObservation = {
  login: null,
  quota: null,
  asking: null,
  answer: null,
  channel: null,
  look: null,
  video: null,
};
