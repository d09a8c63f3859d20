import type { MediaFailure } from '../reconcile/model/reasons.ts';

export type StorageSettings =
  | { readonly kind: 'local'; readonly directory: string }
  | S3Settings
  /** Nothing usable was configured: every request answers with this failure. */
  | { readonly kind: 'unconfigured'; readonly failure: MediaFailure };

export interface S3Settings {
  readonly kind: 's3';
  readonly provider: 'cloudflare' | 'aws' | 'gcs';
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  /** null = AWS's own endpoint for the region. */
  readonly endpoint: string | null;
  readonly forcePathStyle: boolean;
}
