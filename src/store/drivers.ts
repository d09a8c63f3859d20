import { Patience } from './local/patience.ts';
import { createLocalSigner } from './local/signer.ts';
import { createLocalStorage } from './local/storage.ts';
import { createLocalUpload } from './local/uploader.ts';
import { type Storage, type UploadOptions, type Uploader, failed } from './port.ts';
import { createS3Signer } from './s3/signer.ts';
import { createS3Storage } from './s3/storage.ts';
import { createS3Upload } from './s3/uploader.ts';
import type { StorageSettings } from './settings.ts';

/** The uploader for the configured store. */
export function createUploader(settings: StorageSettings, options: UploadOptions): Uploader {
  switch (settings.kind) {
    case 's3':
      return createS3Upload(settings, options);
    case 'local':
      return createLocalUpload(settings.directory);
    case 'unconfigured':
      return async () => failed(settings.failure);
  }
}

/** A listing is cut here, so that a prefix of millions cannot fill the memory. */
export const MAX_LISTED_OBJECTS = 100_000;

/**
 * The configured store; without a usable configuration every request answers with that failure. Addresses are dated by
 * the store's clock, as the store would refuse those of a machine whose clock is wrong. Listings are cut at `maxObjects`.
 * `caFile`: bundle of authorities; null = Node's own.
 */
export function openStore(settings: StorageSettings, caFile: string | null, maxObjects = MAX_LISTED_OBJECTS): Storage {
  switch (settings.kind) {
    case 's3': {
      let clockOffsetMs = 0;
      const getStreamUrl = createS3Signer(settings, () => clockOffsetMs);
      const onClockOffset = (offsetMs: number): number => (clockOffsetMs = offsetMs);
      return createS3Storage(settings, { getStreamUrl, maxObjects, caFile, onClockOffset });
    }
    case 'local':
      return openLocalStore(settings.directory, maxObjects);
    case 'unconfigured': {
      const refuse = async (): Promise<ReturnType<typeof failed>> => failed(settings.failure);
      return { listMedia: refuse, statMedia: refuse, getStreamUrl: refuse };
    }
  }
}

/** A local disk answers in milliseconds. The limit is short because a pass waits for an address. */
const ADDRESS_WITHIN_MS = 3_000;
/** A large tree on a slow mount takes long; no pass waits for a listing. */
const LISTING_WITHIN_MS = 60_000;

/** Addresses have a patience of their own: a listing that hangs holds up none. */
function openLocalStore(directory: string, maxObjects: number): Storage {
  const [forListings, forAddresses] = [new Patience(), new Patience()];
  const sign = createLocalSigner(directory);
  const getStreamUrl = (key: string): ReturnType<typeof sign> => forAddresses.of(ADDRESS_WITHIN_MS, () => sign(key));
  const storage = createLocalStorage(directory, getStreamUrl, maxObjects);
  return {
    listMedia: (prefix) => forListings.of(LISTING_WITHIN_MS, () => storage.listMedia(prefix)),
    statMedia: (key) => forListings.of(LISTING_WITHIN_MS, () => storage.statMedia(key)),
    getStreamUrl,
  };
}
