import type { YouTubeSettings } from '../youtube/settings.ts';
import type { Environment } from './schema.ts';

type YouTubeChoice =
  | { readonly kind: 'ok'; readonly settings: YouTubeSettings | null }
  | { readonly kind: 'invalid'; readonly problem: string };

/** Puts the variables of YouTube's API together; an OAuth client is its id and its secret, or there is none. */
export function youtubeSettings(env: Environment): YouTubeChoice {
  const { YOUTUBE_CLIENT_ID: clientId, YOUTUBE_CLIENT_SECRET: clientSecret } = env;
  if (clientId === undefined && clientSecret === undefined) return { kind: 'ok', settings: null };
  if (clientId === undefined || clientSecret === undefined) {
    const missing = clientId === undefined ? 'YOUTUBE_CLIENT_ID' : 'YOUTUBE_CLIENT_SECRET';
    const other = clientId === undefined ? 'YOUTUBE_CLIENT_SECRET' : 'YOUTUBE_CLIENT_ID';
    return { kind: 'invalid', problem: `${missing}: is not set, but ${other} is; accepted: both or neither` };
  }
  const settings = {
    clientId,
    clientSecret,
    pollIntervalMs: env.YOUTUBE_POLL_INTERVAL * 1000,
    apiUrl: env.YOUTUBE_API_URL,
    oauthUrl: env.YOUTUBE_OAUTH_URL,
    analyticsUrl: env.YOUTUBE_ANALYTICS_URL,
  };
  return { kind: 'ok', settings };
}
