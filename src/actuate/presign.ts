import type { MediaResult } from '../reconcile/item.ts';
import type { StorageSettings } from '../reconcile/settings.ts';
import { createLocalSigner } from './presign-local.ts';
import { createS3Signer } from './presign-s3.ts';

/**
 * Gives an address FFmpeg can read: a signed https address living `ttlS` seconds (at most seven days), or `file:` and
 * the plain path, not percent-encoded, as FFmpeg takes it. Touches no network. Errors are failures, never exceptions.
 */
export interface UrlSigner {
  (key: string, ttlS: number): Promise<MediaResult<string>>;
  /** How far the store's clock is ahead of this machine's; addresses are dated by the store's. */
  readonly setClockOffsetMs: (offsetMs: number) => void;
}

/** The signer for the configured store. Without a usable configuration every request answers with that failure. */
export function createUrlSigner(storage: StorageSettings): UrlSigner {
  switch (storage.kind) {
    case 's3':
      return createS3Signer(storage);
    case 'local':
      return withoutClock(createLocalSigner(storage.directory));
    case 'unconfigured':
      return withoutClock(async () => ({ kind: 'failed', failure: storage.failure }));
  }
}

function withoutClock(sign: (key: string) => Promise<MediaResult<string>>): UrlSigner {
  return Object.assign((key: string) => sign(key), { setClockOffsetMs: () => undefined });
}
