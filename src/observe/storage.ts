import { createLocalStorage } from './storage-local.ts';
import { createS3Storage } from './storage-s3.ts';
import type { StorageSettings } from '../reconcile/settings.ts';
import type { Storage } from '../store/port.ts';

/** A listing is cut here, so that a prefix of millions cannot fill the memory. */
export const MAX_LISTED_OBJECTS = 100_000;

export interface StorageOptions {
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
      return createLocalStorage(settings.directory, signUrl, maxObjects);
    case 'unconfigured': {
      const { failure } = settings;
      const refuse = async (): Promise<{ readonly kind: 'failed'; readonly failure: typeof failure }> => ({
        kind: 'failed',
        failure,
      });
      return { listMedia: refuse, statMedia: refuse, getStreamUrl: refuse };
    }
  }
}
