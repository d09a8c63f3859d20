import { join } from 'node:path';
import type { Settings } from '../../environment/settings.ts';
import { STATE_FILES } from '../../state/files.ts';
import { connectYouTube, type YouTubeConnection } from '../../youtube/connect.ts';
import type { YouTubeSettings } from '../../youtube/settings.ts';
import type { Invocation } from '../command.ts';
import { settingsFor } from '../settings.ts';

/** What a command needs to ask YouTube. */
export interface CommandConnection extends YouTubeConnection {
  readonly settings: Settings;
  readonly tokenFile: string;
}

export type Connected =
  | { readonly kind: 'ok'; readonly connection: CommandConnection }
  /** The environment is malformed, which was told on stderr. */
  | { readonly kind: 'malformed' }
  /** There is no OAuth client; not told yet. */
  | { readonly kind: 'noClient'; readonly tokenFile: string };

export const NO_CLIENT =
  'YOUTUBE_CLIENT_ID and YOUTUBE_CLIENT_SECRET are not set: docs/youtube.md says how to get them, in ten minutes';
export const NO_LOGIN = 'there is no login; run "streamctl youtube login"';

/** Connects with the client of the environment and the login of the state directory, whether there is one or not. */
export function connectFor(invocation: Invocation): Connected {
  const settings = settingsFor(invocation);
  if (settings === null) return { kind: 'malformed' };
  if (settings.youtube === null) {
    return { kind: 'noClient', tokenFile: join(settings.stateDir, STATE_FILES.youtubeToken) };
  }
  return { kind: 'ok', connection: connectSettings(settings, settings.youtube) };
}

/** The same for settings that were read already. */
export function connectSettings(settings: Settings, client: YouTubeSettings): CommandConnection {
  const { stateDir, caFile } = settings;
  const connection = connectYouTube(client, { stateDir, caFile, monoMs: () => performance.now() });
  return { ...connection, settings, tokenFile: join(stateDir, STATE_FILES.youtubeToken) };
}
