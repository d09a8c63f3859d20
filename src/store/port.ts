import type { ListedObject } from '../reconcile/model/item.ts';
import type { MediaFailure } from '../reconcile/model/reasons.ts';

/** A finished file on its way into the store. */
export interface Upload {
  readonly path: string;
  readonly key: string;
  /** Otherwise an object that is there already is left as it is. */
  readonly overwrite: boolean;
  readonly onProgress: (sentBytes: number, sizeBytes: number) => void;
  /** Something failed and is tried again in so many milliseconds. */
  readonly onRetry: (why: string, waitMs: number) => void;
  readonly signal: AbortSignal;
}

export type UploadEnd =
  | { readonly kind: 'done' }
  /** Somebody else's object is there, and stays. */
  | { readonly kind: 'exists' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly failure: MediaFailure };

/** Puts a file under a key: the object appears whole or not at all, and no unfinished upload stays. Never rejects. */
export type Uploader = (upload: Upload) => Promise<UploadEnd>;

export interface UploadOptions {
  /** Bundle of authorities for https; null = Node's own. */
  readonly caFile: string | null;
  /** Waits between attempts, milliseconds; as many attempts more. */
  readonly waitsMs?: readonly number[];
  /** For tests; default as S3 likes it. */
  readonly partBytes?: number;
}

/** The store as one port; every driver passes the same contract suite. */
export interface Storage {
  /** All keys under the prefix, of every page, in natural order (`2.mp4` before `10.mp4`), without folder markers and empty objects. */
  listMedia(prefix: string): Promise<MediaResult<readonly ListedObject[]>>;
  /** Metadata of one object. */
  statMedia(key: string): Promise<MediaResult<ListedObject>>;
  /**
   * An address FFmpeg can read: a signed https address living `ttlS` seconds (at most seven days), or `file:` and the plain
   * path, not percent-encoded, as FFmpeg takes it. Touches no network. Errors are failures, never exceptions.
   */
  getStreamUrl(key: string, ttlS: number): Promise<MediaResult<string>>;
}

export type MediaResult<T> =
  { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'failed'; readonly failure: MediaFailure };

/** A request that failed, in the form every answer of a store has. */
export const failed = (failure: MediaFailure): { readonly kind: 'failed'; readonly failure: MediaFailure } => ({
  kind: 'failed',
  failure,
});
