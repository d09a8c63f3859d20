import { createLocalUpload } from './upload-local.ts';
import { createS3Upload } from './upload-s3.ts';
import type { StorageSettings } from '../reconcile/settings.ts';
import type { Uploader, UploadOptions } from '../store/port.ts';

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
