import { join } from 'node:path';
import type { Settings } from '../../environment/settings.ts';
import { STATE_FILES } from '../../state/files.ts';
import { connectYouTube, type YouTubeConnection } from '../../youtube/connect.ts';
import type { YouTubeSettings } from '../../youtube/settings.ts';

/** What a command needs to ask YouTube. */
export interface CommandConnection extends YouTubeConnection {
  readonly settings: Settings;
  readonly tokenFile: string;
}

export const NO_CLIENT =
  'YOUTUBE_CLIENT_ID and YOUTUBE_CLIENT_SECRET are not set: docs/youtube.md says how to get them, in ten minutes';
export const NO_LOGIN = 'there is no login; run "streamctl youtube login"';

/** Connects with this client and the login of the state directory, whether there is one or not. */
export function connectSettings(settings: Settings, client: YouTubeSettings): CommandConnection {
  const { stateDir, caFile } = settings;
  const connection = connectYouTube(client, { stateDir, caFile, monoMs: () => performance.now() });
  return { ...connection, settings, tokenFile: join(stateDir, STATE_FILES.youtubeToken) };
}
