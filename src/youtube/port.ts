/** YouTube as one port: what is read of it, what can be asked of it, and why it did not do so. Plain data, no effects. */

/** The answer to a call: what was asked for, or the failure as a value. */
export type YouTubeResult<T> =
  { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'failed'; readonly failure: YouTubeFailure };

/**
 * What a failure asks for; YouTube has some sixty words for these ten.
 *
 * - `unauthorized`: final until somebody logs in anew (token revoked or expired, a scope short, the client deleted).
 * - `refused`: final until something is changed at Google (API or live streaming not enabled, channel suspended).
 * - `quota`: no call has any use before midnight Pacific.
 * - `rate`: too many calls at once; wait, `retryAfterMs` at least where it is given.
 * - `limit`: as many broadcasts as YouTube allows, live or created; trying again changes nothing until some end.
 * - `inactive`: the stream carries no data yet (`errorStreamInactive`); no fault, wait.
 * - `conflict`: YouTube is in another state than believed; read, then plan anew.
 * - `missing`: no such broadcast, stream, video or playlist.
 * - `invalid`: YouTube takes this value never; trying again is of no use.
 * - `unavailable`: no answer that can be trusted (timeout, reset, 5xx, HTML). A write may have been applied or not:
 *   read before it is repeated.
 */
export type YouTubeFailureKind =
  | 'unauthorized'
  | 'refused'
  | 'quota'
  | 'rate'
  | 'limit'
  | 'inactive'
  | 'conflict'
  | 'missing'
  | 'invalid'
  | 'unavailable';

export interface YouTubeFailure {
  readonly kind: YouTubeFailureKind;
  /** YouTube's or OAuth's own word (`quotaExceeded`, `invalid_grant`); ours where none came: `timeout`, `unreachable`, `badAnswer`, `http502`. */
  readonly reason: string;
  /** One line for people, with the remedy where there is one. No secret, address, project number or text of the answer. */
  readonly message: string;
  /** What YouTube asked to wait (`Retry-After`); null when it said nothing. */
  readonly retryAfterMs: number | null;
}

export interface Channel {
  readonly id: string;
  readonly title: string;
}

export type StreamStatus = 'active' | 'created' | 'error' | 'inactive' | 'ready';
export type StreamHealth = 'good' | 'ok' | 'bad' | 'noData' | 'revoked';

/** A liveStream: the ingestion point behind one stream key. Null is what YouTube did not say, or said in a word unknown here. */
export interface Stream {
  readonly id: string;
  /** Only `active` means that data arrives and a broadcast can go live. */
  readonly status: StreamStatus | null;
  /** YouTube's verdict, `good` the best. It lags: see `healthAtMs`. */
  readonly health: StreamHealth | null;
  /** When the verdict was given, Unix time. */
  readonly healthAtMs: number | null;
  readonly issues: readonly StreamIssue[];
}

/** One of YouTube's 34 configuration issues, in its own words. */
export interface StreamIssue {
  readonly type: string;
  readonly severity: 'info' | 'warning' | 'error' | null;
}

/** The stream with our key, found once. The key itself stays in the client. */
export interface FoundStream extends Stream {
  readonly title: string;
  /** False: a fixed size or rate, so that anything else brings issues that are none; null when not said. */
  readonly takesAnySize: boolean | null;
}

export type LifeCycle =
  'created' | 'ready' | 'testStarting' | 'testing' | 'liveStarting' | 'live' | 'complete' | 'revoked';
export type Privacy = 'public' | 'unlisted' | 'private';
export type Latency = 'normal' | 'low' | 'ultraLow';

/** A liveBroadcast. Null is what YouTube did not say, or said in a word unknown here. Times are Unix time. */
export interface Broadcast {
  readonly id: string;
  readonly title: string | null;
  readonly lifeCycle: LifeCycle | null;
  readonly privacy: Privacy | null;
  readonly madeForKids: boolean | null;
  /** Null also for YouTube's "unscheduled", which it writes as 1970-01-01. */
  readonly scheduledAtMs: number | null;
  /** When viewers first saw it: its age for the 12-hour rule. */
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** The liveStream it shows; kept after the end. */
  readonly streamId: string | null;
  readonly autoStart: boolean | null;
  readonly autoStop: boolean | null;
  /** With it a broadcast has to pass `testing` before `live`. */
  readonly monitorStream: boolean | null;
  readonly latency: Latency | null;
  /** Watching now. Null: nobody, or hidden, or not live; never 0 by guess. */
  readonly viewers: number | null;
}

/** What a new broadcast is to be; auto-start, auto-stop and monitor stream are off, DVR, archive and embedding on, always. */
export interface NewBroadcast {
  /** 1 to 100 characters without `<` and `>`. */
  readonly title: string;
  /** At most 5,000 bytes. */
  readonly description: string;
  readonly scheduledAtMs: number;
  readonly privacy: Privacy;
  readonly madeForKids: boolean;
  readonly latency: Latency;
}

/** The video that a broadcast is, and of which its archive is made. */
export interface Video {
  readonly id: string;
  readonly title: string | null;
  readonly privacy: Privacy | null;
  /** `none` once it is no longer live. */
  readonly liveContent: 'none' | 'upcoming' | 'live' | null;
  readonly upload: 'uploaded' | 'processed' | 'failed' | 'rejected' | 'deleted' | null;
  /** 0 while there is no video of it yet (`P0D`). */
  readonly durationMs: number | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
}

/** What is to be changed of a video; what is not named stays as it is. */
export interface VideoEdit {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** Id, such as `10` for music. */
  readonly categoryId?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly privacy?: Privacy | undefined;
  readonly madeForKids?: boolean | undefined;
}

export type BroadcastFilter =
  | { readonly kind: 'active' | 'upcoming' | 'completed' }
  /** At most 50. An id that YouTube does not know is missing in the answer. */
  | { readonly kind: 'ids'; readonly ids: readonly string[] };

export interface Thumbnail {
  readonly type: 'image/jpeg' | 'image/png';
  /** At most 2 MB. */
  readonly bytes: Uint8Array;
}

/** One question to YouTube Analytics. Days are Pacific, `YYYY-MM-DD`, both included; numbers lag two to three days. */
export interface ReportQuery {
  readonly firstDay: string;
  readonly lastDay: string;
  /** Such as `estimatedMinutesWatched`. */
  readonly metrics: readonly string[];
  /** Such as `creatorContentType`, `day`, `video`. */
  readonly dimensions: readonly string[];
  /** Only these videos, at most 500; null = the whole channel. */
  readonly videoIds: readonly string[] | null;
}

/** A table as Analytics gives it; no rows where it has no data. */
export interface ReportTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/**
 * The calls, one or few requests each, at most 10 s a request. Every one is counted in the quota's ledger, refused ones
 * too. None throws. A write that is answered `unavailable` may have been applied.
 */
export interface YouTube {
  /** The channel of the login; null when the account has none. */
  channel(): Promise<YouTubeResult<Channel | null>>;
  /** The channel's stream whose key is ours; null when there is none. */
  findStream(streamKey: string): Promise<YouTubeResult<FoundStream | null>>;
  /** Its state now, without its key; null when it was deleted. */
  stream(id: string): Promise<YouTubeResult<Stream | null>>;
  /** All of them, paged through to the end; a list too long is a failure and never cut short. */
  broadcasts(filter: BroadcastFilter): Promise<YouTubeResult<readonly Broadcast[]>>;
  /** Not idempotent: look for `scheduledAtMs` and title among the upcoming ones before it is repeated. */
  insertBroadcast(broadcast: NewBroadcast): Promise<YouTubeResult<Broadcast>>;
  bindBroadcast(id: string, streamId: string): Promise<YouTubeResult<null>>;
  /** Ok also where it was on its way there already (`redundantTransition`). It takes effect later: read until it has. */
  transitionBroadcast(id: string, to: 'testing' | 'live' | 'complete'): Promise<YouTubeResult<null>>;
  /** Ok also where it was gone already. */
  deleteBroadcast(id: string): Promise<YouTubeResult<null>>;
  /** At most 50; an id without a video is missing in the answer. */
  videos(ids: readonly string[]): Promise<YouTubeResult<readonly Video[]>>;
  /** Reads first, so that nothing that is not named is wiped. */
  editVideo(id: string, edit: VideoEdit): Promise<YouTubeResult<null>>;
  setThumbnail(videoId: string, thumbnail: Thumbnail): Promise<YouTubeResult<null>>;
  /** Ok also where it was in it already. */
  addToPlaylist(playlistId: string, videoId: string): Promise<YouTubeResult<null>>;
  report(query: ReportQuery): Promise<YouTubeResult<ReportTable>>;
}
