import { environmentSchema } from './schema.ts';
import { nearestName } from '../text/nearest-name.ts';

/** Secrets, each of which can also come as `NAME_FILE`, a path. */
export const SECRET_NAMES = [
  'YOUTUBE_STREAM_KEY',
  'YOUTUBE_CLIENT_ID',
  'YOUTUBE_CLIENT_SECRET',
  'STORAGE_ACCESS_KEY_ID',
  'STORAGE_SECRET_ACCESS_KEY',
  'HEARTBEAT_URL',
  'NOTIFY_URL',
] as const;

/** The others: places, and what the schema has. Of equally near names the first one is suggested. */
export const PLAIN_NAMES: readonly string[] = [
  ...['STREAM_CONFIG_DIR', 'STREAM_STATE_DIR', 'STORAGE_LOCAL_DIR'],
  ...Object.keys(environmentSchema.shape).filter((name) => !SECRET_NAMES.some((secret) => secret === name)),
];

/** Every name the service reads, `NAME_FILE` included. */
export const KNOWN_NAMES: readonly string[] = [
  ...PLAIN_NAMES,
  ...SECRET_NAMES,
  ...SECRET_NAMES.map((name) => `${name}_FILE`),
];

/** A warning for each name that looks like a misspelt one of ours. */
export function misspeltNames(names: Iterable<string>): string[] {
  // Never suggested: other programs have names near to it (SSL_CERT_DIR).
  const candidates = KNOWN_NAMES.filter((name) => name !== 'SSL_CERT_FILE');
  return [...names].sort().flatMap((name) => {
    if (KNOWN_NAMES.includes(name) || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return [];
    const nearest = nearestName(name, candidates);
    return nearest === null ? [] : [`${name} is not a variable of this service; did you mean ${nearest}?`];
  });
}
