import { KNOWN_NAMES } from '../../src/environment/names.ts';

/** Names a stream on this machine only. */
export const DEMO_STREAM_KEY = 'demo-key';

/** Variables that may come from outside; every other one of the service's is the demo's to say, or empty. */
const FROM_OUTSIDE = ['LOG_LEVEL', 'FFMPEG_PATH', 'FFPROBE_PATH', 'WORKER_RETRY_DELAY', 'WORKER_MAX_RETRIES'] as const;

/**
 * The daemon's environment. An empty variable also hides what an .env in the checkout says, so that a real stream key
 * or bucket there has no part in the demo.
 */
export function demoEnvironment(
  outside: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'LANG', 'TZ'] as const) env[name] = outside[name] ?? '';
  for (const name of KNOWN_NAMES) env[name] = '';
  for (const name of FROM_OUTSIDE) env[name] = outside[name] ?? '';
  return { ...env, STORAGE_PROVIDER: 'cloudflare', YOUTUBE_STREAM_KEY: DEMO_STREAM_KEY, ...own };
}
