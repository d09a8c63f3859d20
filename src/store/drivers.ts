import { Patience } from './local/patience.ts';
import { createLocalSigner } from './local/signer.ts';
import { createLocalStorage } from './local/storage.ts';
import { createLocalUpload } from './local/uploader.ts';
import { type MediaResult, type Storage, type UploadOptions, type Uploader, type UrlSigner, failed } from './port.ts';
import { createS3Signer } from './s3/signer.ts';
import { createS3Storage } from './s3/storage.ts';
import { createS3Upload } from './s3/uploader.ts';
import type { StorageSettings } from './settings.ts';

/** The signer for the configured store. Without a usable configuration every request answers with that failure. */
export function createUrlSigner(storage: StorageSettings): UrlSigner {
  switch (storage.kind) {
    case 's3':
      return createS3Signer(storage);
    case 'local':
      return withoutClock(inTime(createLocalSigner(storage.directory)));
    case 'unconfigured':
      return withoutClock(async () => failed(storage.failure));
  }
}

/** A local disk answers in milliseconds. The limit is short because a pass waits for an address. */
const ADDRESS_WITHIN_MS = 3_000;
/** A large tree on a slow mount takes long; no pass waits for a listing. */
const LISTING_WITHIN_MS = 60_000;

type Sign = (key: string) => Promise<MediaResult<string>>;

function inTime(sign: Sign): Sign {
  const patience = new Patience();
  return (key) => patience.of(ADDRESS_WITHIN_MS, key, () => sign(key));
}

/** A signer whose addresses have no date. */
const withoutClock = (sign: Sign): UrlSigner =>
  Object.assign((key: string) => sign(key), { setClockOffsetMs: () => undefined });

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

/**
 * The configured store with its signer. Addresses are dated by the store's clock, as the store would refuse those of a
 * machine whose clock is wrong. Listings are cut at `maxObjects`. `caFile`: bundle of authorities; null = Node's own.
 */
export function openStore(settings: StorageSettings, caFile: string | null, maxObjects = MAX_LISTED_OBJECTS): Storage {
  const sign = createUrlSigner(settings);
  const onClockOffset = (offsetMs: number): void => sign.setClockOffsetMs(offsetMs);
  return createStorage(settings, sign, { caFile, onClockOffset, maxObjects });
}

/** A listing is cut here, so that a prefix of millions cannot fill the memory. */
export const MAX_LISTED_OBJECTS = 100_000;

interface StorageOptions {
  /** Bundle of authorities for https; null or absent = Node's own. */
  readonly caFile?: string | null;
  /** Told how far the store's clock is ahead of this machine's, in milliseconds. */
  readonly onClockOffset?: (offsetMs: number) => void;
  readonly maxObjects?: number;
}

/** The configured store behind the one port. `signUrl` gives the addresses; without a usable configuration every request answers with that failure. */
export function createStorage(
  settings: StorageSettings,
  signUrl: Storage['getStreamUrl'],
  options: StorageOptions = {},
): Storage {
  const maxObjects = options.maxObjects ?? MAX_LISTED_OBJECTS;
  switch (settings.kind) {
    case 's3':
      return createS3Storage(settings, {
        getStreamUrl: signUrl,
        maxObjects,
        caFile: options.caFile ?? null,
        onClockOffset: options.onClockOffset ?? (() => undefined),
      });
    case 'local':
      return patiently(createLocalStorage(settings.directory, signUrl, maxObjects));
    case 'unconfigured': {
      const refuse = async (): Promise<ReturnType<typeof failed>> => failed(settings.failure);
      return { listMedia: refuse, statMedia: refuse, getStreamUrl: refuse };
    }
  }
}

function patiently(storage: Storage): Storage {
  const patience = new Patience();
  return {
    listMedia: (prefix) => patience.of(LISTING_WITHIN_MS, prefix, () => storage.listMedia(prefix)),
    statMedia: (key) => patience.of(LISTING_WITHIN_MS, key, () => storage.statMedia(key)),
    getStreamUrl: (key, ttlS) => storage.getStreamUrl(key, ttlS),
  };
}
