import type {
  Broadcast,
  Channel,
  NewBroadcast,
  Stream,
  Video,
  VideoEdit,
  YouTubeFailure,
} from '../reconcile/model/youtube/youtube.ts';

/** The answer to a call: what was asked for, or the failure as a value. */
export type YouTubeResult<T> =
  { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'failed'; readonly failure: YouTubeFailure };

/** The stream with our key. The key itself stays in the client. */
export interface FoundStream extends Stream {
  readonly title: string;
  /** False: a fixed size or rate, so YouTube reports issues of any other, which are none; null = YouTube does not say. */
  readonly takesAnySize: boolean | null;
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
interface ReportQuery {
  readonly firstDay: string;
  readonly lastDay: string;
  /** Such as `estimatedMinutesWatched`. */
  readonly metrics: readonly string[];
  /** Such as `creatorContentType`, `day`, `video`. */
  readonly dimensions: readonly string[];
  /** Only these videos, at most 500; null = the whole channel. */
  readonly videoIds: readonly string[] | null;
}

/** A row of Analytics' table: the dimensions, then the metrics. */
type ReportRow = readonly (string | number | null)[];

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
  /** None where it has no data. */
  report(query: ReportQuery): Promise<YouTubeResult<readonly ReportRow[]>>;
}
