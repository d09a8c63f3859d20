import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isAddress } from '../notify/address.ts';
import { NOTIFY_FORMATS } from '../notify/message.ts';
import { complaint } from '../text/complaint.ts';
import { nearestName } from '../text/nearest-name.ts';

/** The groups of four a YouTube stream key is made of. */
const KEY_LIKE = /[a-z0-9]{4}(?:-[a-z0-9]{4}){3,}/i;
const RTMP = 'rtmp://HOST/APP or rtmps://HOST/APP, without the stream key, such as rtmp://a.rtmp.youtube.com/live2';

const ADDRESS = 'an http:// or https:// address without a fragment';

/** The variables as text, each checked by itself; `read-settings` checks those that belong together. */
export const environmentSchema = z.object({
  STREAM_CONTROLLER_HOST: text(
    /^[A-Za-z0-9._:-]{1,255}$/,
    'a host name or IP address, such as 127.0.0.1 or ::1',
  ).prefault('127.0.0.1'),
  STREAM_CONTROLLER_PORT: number(/^[0-9]{1,5}$/, 1, 65_535, 'a port from 1 to 65535').prefault('8000'),
  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).prefault('info'),
  STORAGE_PROVIDER: choice(['cloudflare', 'aws', 'gcs', 'local']).prefault('cloudflare'),
  STORAGE_BUCKET: text(
    /^[A-Za-z0-9][A-Za-z0-9._-]{2,221}$/,
    'the name of a bucket, without scheme, host and prefix',
  ).optional(),
  STORAGE_REGION: text(/^[A-Za-z0-9-]{1,64}$/, 'the name of a region, such as auto or eu-central-1').optional(),
  STORAGE_ACCOUNT_ID: text(/^[A-Za-z0-9]{1,64}$/, 'the account id alone: letters and digits').optional(),
  STORAGE_ENDPOINT: hidden(
    isEndpoint,
    'http(s)://HOST[:PORT], without path, credentials and query; the bucket is STORAGE_BUCKET',
  ).optional(),
  STORAGE_URL_TTL: number(/^[0-9]{1,6}$/, 1, 604_800, 'whole seconds from 1 to 604800').prefault('604800'),
  STORAGE_ACCESS_KEY_ID: hidden(isToken, 'visible ASCII characters, no spaces').optional(),
  STORAGE_SECRET_ACCESS_KEY: hidden(isToken, 'visible ASCII characters, no spaces').optional(),
  YOUTUBE_RTMP_URL: rtmpUrl().prefault('rtmp://a.rtmp.youtube.com/live2'),
  YOUTUBE_STREAM_KEY: hidden(
    (key) => isToken(key) && !key.includes('/'),
    'visible ASCII characters, no spaces and no slash (the key alone, not the URL)',
  ).optional(),
  YOUTUBE_CLIENT_ID: hidden(isToken, 'visible ASCII characters, no spaces').optional(),
  YOUTUBE_CLIENT_SECRET: hidden(isToken, 'visible ASCII characters, no spaces').optional(),
  YOUTUBE_POLL_INTERVAL: number(/^[0-9]{1,4}$/, 5, 3600, 'whole seconds from 5 to 3600').prefault('60'),
  YOUTUBE_API_URL: baseUrl().prefault('https://www.googleapis.com'),
  YOUTUBE_OAUTH_URL: baseUrl().prefault('https://oauth2.googleapis.com'),
  YOUTUBE_ANALYTICS_URL: baseUrl().prefault('https://youtubeanalytics.googleapis.com'),
  FFMPEG_PATH: absolutePath().optional(),
  FFPROBE_PATH: absolutePath().optional(),
  SSL_CERT_FILE: absolutePath().optional(),
  WORKER_RETRY_DELAY: number(/^[0-9]{1,4}(?:\.[0-9]{1,3})?$/, 0.1, 3600, 'seconds from 0.1 to 3600').prefault('30'),
  WORKER_MAX_RETRIES: number(/^[0-9]{1,4}$/, 0, 1000, 'a whole number from 0 (never exit) to 1000').prefault('3'),
  HEARTBEAT_URL: hidden(isAddress, ADDRESS).optional(),
  HEARTBEAT_INTERVAL: number(/^[0-9]{1,5}$/, 1, 86_400, 'whole seconds from 1 to 86400').prefault('60'),
  NOTIFY_URL: hidden(isAddress, ADDRESS).optional(),
  NOTIFY_AFTER: number(/^[0-9]{1,5}$/, 1, 86_400, 'whole seconds from 1 to 86400').prefault('60'),
  NOTIFY_FORMAT: choice(['auto', ...NOTIFY_FORMATS]).prefault('auto'),
});

export type Environment = z.infer<typeof environmentSchema>;

function text(pattern: RegExp, accepted: string) {
  return z.string().regex(pattern, { error: (issue) => complaint(issue.input, accepted) });
}

function number(pattern: RegExp, min: number, max: number, accepted: string) {
  return z
    .string()
    .refine((value) => pattern.test(value) && Number(value) >= min && Number(value) <= max, {
      error: (issue) => complaint(issue.input, accepted),
    })
    .transform(Number);
}

function choice<const T extends string>(names: readonly T[]) {
  return z.enum(names, {
    error: (issue) => {
      const nearest = typeof issue.input === 'string' ? nearestName(issue.input, names) : null;
      return complaint(issue.input, names.join(', '), nearest === null ? undefined : `did you mean ${nearest}?`);
    },
  });
}

/** A value that is, or may hold, a secret: never shown. */
function hidden(isFit: (value: string) => boolean, accepted: string) {
  return z.string().refine(isFit, { error: `found something else (not shown); accepted: ${accepted}` });
}

function absolutePath() {
  return z.string().refine(isAbsolute, { error: (issue) => complaint(issue.input, 'an absolute path') });
}

function rtmpUrl() {
  return z
    .string()
    .superRefine((value, context) => {
      const fault = rtmpFault(value);
      if (fault !== null) context.addIssue({ code: 'custom', message: `${fault}; accepted: ${RTMP}` });
    })
    .transform((value) => value.replace(/\/+$/, ''));
}

/** What is wrong with the URL, without showing it: it may hold the key. */
function rtmpFault(value: string): string | null {
  if (!isToken(value)) return 'found spaces, control or non-ASCII characters';
  if (!/^rtmps?:\/\//.test(value)) return 'found another scheme or none';
  if (!URL.canParse(value)) return 'found no valid URL';
  const url = new URL(value);
  if (url.username !== '' || url.password !== '' || url.hash !== '') return 'found credentials or a fragment';
  const segments = url.pathname.split('/').filter((segment) => segment !== '');
  if (url.hostname === '' || segments.length === 0) return 'found no host or no application path';
  const isYouTube = /(?:^|\.)youtube\.com$/i.test(url.hostname);
  if (KEY_LIKE.test(url.pathname) || KEY_LIKE.test(url.search) || (isYouTube && segments.length > 1)) {
    return 'found what looks like a stream key in the URL (not shown); set it as YOUTUBE_STREAM_KEY';
  }
  return null;
}

/** An address that is never shown, as it may hold a key. It needs https, as a login's secrets are sent to it. */
function baseUrl() {
  const accepted = 'https://HOST[:PORT] without a path, or http:// to a loopback address';
  return hidden(isBaseUrl, accepted).transform((value) => new URL(value).origin);
}

function isBaseUrl(value: string): boolean {
  if (!isToken(value) || !/^https?:\/\/[^/?#@]+\/?$/i.test(value) || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function isEndpoint(value: string): boolean {
  if (!isToken(value) || !/^https?:\/\//i.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  return url.username === '' && url.password === '' && /^\/*$/.test(url.pathname) && !/[?#]/.test(value);
}

function isToken(value: string): boolean {
  return /^[\x21-\x7e]{1,1024}$/.test(value);
}
