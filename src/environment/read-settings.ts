import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, environmentSchema } from './schema.ts';
import type { Settings } from './settings.ts';
import { gatherSources } from './sources.ts';
import { storageSettings } from './storage.ts';
import { youtubeSettings } from './youtube.ts';
import { secretsOfAddress } from '../notify/address.ts';
import { formatFor } from '../notify/message.ts';

export type SettingsResult =
  | { readonly kind: 'ok'; readonly settings: Settings; readonly warnings: readonly string[] }
  /** Malformed: nothing may be started. One line each, variable first, without any secret. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Where distributions keep the authorities they trust. */
const CA_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const;

/**
 * Settings from the environment, `.env` in the configuration directory, and secret files. A missing stream key or
 * storage variable is no problem here: the daemon runs without, `down`, and says so. `uid`: whose process this is.
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  uid?: number,
): SettingsResult {
  const sources = gatherSources(env, cwd, uid);
  const problems = [...sources.problems];
  const parsed = environmentSchema.safeParse(sources.values);
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`));
    return { kind: 'invalid', problems };
  }
  const values = parsed.data;

  const storage = storageSettings(values, sources.pathOf('STORAGE_LOCAL_DIR'));
  if (storage.kind === 'invalid') problems.push(storage.problem);
  if (values.SSL_CERT_FILE !== undefined && !isReadableFile(values.SSL_CERT_FILE)) {
    problems.push('SSL_CERT_FILE: no such file, or it cannot be read; accepted: a PEM bundle of authorities');
  }
  if (values.YOUTUBE_STREAM_KEY !== undefined && endsInKey(values.YOUTUBE_RTMP_URL, values.YOUTUBE_STREAM_KEY)) {
    problems.push('YOUTUBE_RTMP_URL: found the stream key in the URL (not shown); leave it out there');
  }
  const youtube = youtubeSettings(values);
  if (youtube.kind === 'invalid') problems.push(youtube.problem);
  if (storage.kind === 'invalid' || youtube.kind === 'invalid' || problems.length > 0)
    return { kind: 'invalid', problems };

  const settings: Settings = {
    configDir: sources.configDir,
    stateDir: sources.pathOf('STREAM_STATE_DIR') ?? join(sources.configDir, 'state'),
    healthHost: values.STREAM_CONTROLLER_HOST,
    healthPort: values.STREAM_CONTROLLER_PORT,
    logLevel: values.LOG_LEVEL,
    storage: storage.storage,
    urlTtlS: values.STORAGE_URL_TTL,
    rtmpUrl: values.YOUTUBE_RTMP_URL,
    streamKey: values.YOUTUBE_STREAM_KEY ?? null,
    youtube: youtube.settings,
    ffmpegPath: values.FFMPEG_PATH ?? null,
    ffprobePath: values.FFPROBE_PATH ?? null,
    caFile: values.SSL_CERT_FILE ?? CA_BUNDLES.find(isReadableFile) ?? null,
    retryDelayMs: Math.round(values.WORKER_RETRY_DELAY * 1000),
    maxRetries: values.WORKER_MAX_RETRIES,
    heartbeat:
      values.HEARTBEAT_URL === undefined
        ? null
        : { address: values.HEARTBEAT_URL, everyMs: values.HEARTBEAT_INTERVAL * 1000 },
    notify: notifySettings(values),
  };
  return { kind: 'ok', settings, warnings: sources.warnings };
}

function notifySettings({ NOTIFY_URL, NOTIFY_FORMAT, NOTIFY_AFTER }: Environment): Settings['notify'] {
  if (NOTIFY_URL === undefined) return null;
  const format = NOTIFY_FORMAT === 'auto' ? formatFor(NOTIFY_URL) : NOTIFY_FORMAT;
  return { target: { address: NOTIFY_URL, format }, afterMs: NOTIFY_AFTER * 1000 };
}

/** The strings that must never be printed: for the redactor, and for the parser of desired.yaml. */
export function collectSecrets(settings: Settings): string[] {
  const secrets: string[] = [];
  if (settings.streamKey !== null) secrets.push(settings.streamKey);
  if (settings.youtube !== null) secrets.push(settings.youtube.clientId, settings.youtube.clientSecret);
  if (settings.storage.kind === 's3') secrets.push(settings.storage.secretAccessKey);
  if (settings.heartbeat !== null) secrets.push(...secretsOfAddress(settings.heartbeat.address));
  if (settings.notify !== null) secrets.push(...secretsOfAddress(settings.notify.target.address));
  return secrets;
}

/** Whether the key is in the path. Its first part is the application, which may have the name of a short key (`live`). */
function endsInKey(rtmpUrl: string, streamKey: string): boolean {
  return new URL(rtmpUrl).pathname.split('/').slice(2).includes(streamKey);
}

function isReadableFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
