import { createReadStream } from 'node:fs';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { gatherSources } from '../../environment/sources.ts';
import { isAddress, secretsOfAddress } from '../../notify/address.ts';
import { MAX_DESIRED_BYTES, parseDesired } from '../../observe/desired/parse.ts';
import type { DesiredFile } from '../../reconcile/model/desired.ts';
import { printable } from '../../text/terminal.ts';
import { errorCode } from '../../system/errors.ts';
import { readBeginning } from '../../system/http.ts';

/** The file a command was asked about, and how to call it in messages. */
export interface DesiredSource {
  readonly name: string;
  /** `missing` carries the reason it cannot be read. */
  readonly file: DesiredFile;
}

/**
 * Reads the named file, `-` for stdin, or without a name `desired.yaml` of the configuration directory. Pipes are read
 * to their end. Secrets of the environment, which may be incomplete or malformed, are refused in the file.
 */
export async function readDesiredSource(
  path: string | undefined,
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<DesiredSource> {
  const sources = gatherSources(env, cwd);
  const secrets = secretsAmong(sources.values);
  if (path === '-') return { name: 'stdin', file: await parsed(process.stdin, secrets) };
  const full = path ?? join(sources.configDir, 'desired.yaml');
  const name = printable(path ?? nearPath(full, cwd));
  return { name, file: await parsed(createReadStream(full, { end: MAX_DESIRED_BYTES }), secrets) };
}

/** The secrets that the daemon would refuse in the file, as far as this user can read them. */
export function secretsNear(env: NodeJS.ProcessEnv, configDir: string): readonly string[] {
  const { values } = gatherSources({ ...env, STREAM_CONFIG_DIR: configDir }, '/');
  return secretsAmong(values);
}

/** The secrets that the daemon tells its parser; a malformed address counts for none. */
function secretsAmong(values: Readonly<Record<string, string>>): readonly string[] {
  const addresses = ADDRESSES.flatMap((name) => values[name] ?? []).filter(isAddress);
  return [...SECRETS.flatMap((name) => values[name] ?? []), ...addresses.flatMap(secretsOfAddress)];
}

const SECRETS = ['YOUTUBE_STREAM_KEY', 'YOUTUBE_CLIENT_ID', 'YOUTUBE_CLIENT_SECRET', 'STORAGE_SECRET_ACCESS_KEY'];
const ADDRESSES = ['HEARTBEAT_URL', 'NOTIFY_URL'];

async function parsed(stream: Readable, secrets: readonly string[]): Promise<DesiredFile> {
  let bytes: Buffer;
  try {
    bytes = await readBeginning(stream, MAX_DESIRED_BYTES + 1);
  } catch (error) {
    const code = errorCode(error, 'unknown error');
    return { kind: 'missing', message: EXPLANATIONS[code] ?? `cannot be read (${code})` };
  }
  return parseDesired(bytes, { secrets });
}

const EXPLANATIONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a directory, not a file',
  ENOTDIR: 'does not exist: a part of its path is not a directory',
  ELOOP: 'is a symlink that leads back to itself',
  ENXIO: 'is a socket or device, not a file',
};

/** Relative where that is shorter, as people and editors like it. */
function nearPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near.startsWith('..') || near === '' ? path : near;
}
