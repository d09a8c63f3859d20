import type { MediaFailure } from '../reconcile/item.ts';
import type { StorageSettings } from '../reconcile/settings.ts';
import { createLocalUpload } from './upload-local.ts';
import { createS3Upload } from './upload-s3.ts';

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

/** Puts a file under a key: the object appears whole, or not at all, and nothing half sent is left behind. Never rejects. */
export type Uploader = (upload: Upload) => Promise<UploadEnd>;

export interface UploadOptions {
  /** Bundle of authorities for https; null = Node's own. */
  readonly caFile: string | null;
  /** Waits between attempts, milliseconds; as many attempts more. */
  readonly waitsMs?: readonly number[];
  /** For tests; default as S3 likes it. */
  readonly partBytes?: number;
}

/** The uploader for the configured store. */
export function createUploader(settings: StorageSettings, options: UploadOptions): Uploader {
  switch (settings.kind) {
    case 's3':
      return createS3Upload(settings, options);
    case 'local':
      return createLocalUpload(settings.directory);
    case 'unconfigured':
      return async () => ({ kind: 'failed', failure: settings.failure });
  }
}
