import { createLocalSigner } from './presign-local.ts';
import { createS3Signer } from './presign-s3.ts';
import type { StorageSettings } from '../reconcile/settings.ts';
import type { MediaResult, UrlSigner } from '../store/port.ts';

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
