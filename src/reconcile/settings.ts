import type { MediaFailure } from './model/reasons.ts';

/** The environment after parsing; secrets are held here and in memory only. */
export interface Settings {
  readonly configDir: string;
  readonly stateDir: string;
  readonly healthHost: string;
  readonly healthPort: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly storage: StorageSettings;
  readonly urlTtlS: number;
  readonly rtmpUrl: string;
  /** null = not set: the daemon runs, `down`, and says so. */
  readonly streamKey: string | null;
  readonly ffmpegPath: string | null;
  readonly ffprobePath: string | null;
  /** The system's bundle when not set; null when none is found. */
  readonly caFile: string | null;
  readonly retryDelayMs: number;
  /** 0 = never exit. */
  readonly maxRetries: number;
}

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
