import type { Environment } from './schema.ts';
import type { NotifyTarget } from '../notify/message.ts';
import type { StorageSettings } from '../store/settings.ts';
import type { YouTubeSettings } from '../youtube/settings.ts';

/** The environment after parsing; secrets are held here and in memory only. */
export interface Settings {
  readonly configDir: string;
  readonly stateDir: string;
  readonly healthHost: string;
  readonly healthPort: number;
  readonly logLevel: Environment['LOG_LEVEL'];
  readonly storage: StorageSettings;
  readonly urlTtlS: number;
  readonly rtmpUrl: string;
  /** null = not set: the daemon runs, `down`, and says so. */
  readonly streamKey: string | null;
  /** null = no OAuth client is set: YouTube's API is never asked. */
  readonly youtube: YouTubeSettings | null;
  readonly ffmpegPath: string | null;
  readonly ffprobePath: string | null;
  /** The system's bundle when not set; null when none is found. */
  readonly caFile: string | null;
  readonly retryDelayMs: number;
  /** 0 = never exit. */
  readonly maxRetries: number;
  /** Where a sign of life is sent; null = nowhere. */
  readonly heartbeat: { readonly address: string; readonly everyMs: number } | null;
  /** Who is told of a trouble that lasts `afterMs`; null = nobody. */
  readonly notify: { readonly target: NotifyTarget; readonly afterMs: number } | null;
}
