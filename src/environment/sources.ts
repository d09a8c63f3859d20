import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readDotenv, readSmallFile } from './dotenv.ts';
import { misspeltNames, SECRET_NAMES } from './names.ts';

/** The environment, `.env` and secret files as one set of variables; empty ones count as not set. */
export interface Sources {
  readonly configDir: string;
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** An absolute path: what the environment says is relative to the working directory, what `.env` says to its own. */
  pathOf(name: string): string | null;
}

/** Gathers the variables; the real environment goes before `.env`. `uid`: whose process this is. */
export function gatherSources(
  environment: Readonly<Record<string, string | undefined>>,
  cwd: string,
  uid: number | null = process.getuid?.() ?? null,
): Sources {
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => filled(value) !== undefined));
  const configDir = resolve(cwd, env['STREAM_CONFIG_DIR'] ?? '.');
  const problems = isDirectory(configDir) ? [] : [`STREAM_CONFIG_DIR: ${configDir} is not a directory`];
  const warnings: string[] = [];
  const values: Record<string, string> = {};

  const dotenv = readDotenv(join(configDir, '.env'));
  if (dotenv.kind === 'unreadable') {
    // A missing directory is a problem that was noted above.
    if (problems.length === 0) problems.push(dotenv.problem);
  } else {
    warnings.push(...dotenv.warnings);
    for (const [name, value] of Object.entries(dotenv.values)) {
      if (name === 'STREAM_CONFIG_DIR') warnings.push('STREAM_CONFIG_DIR in .env has no effect: it says where .env is');
      else if (value !== undefined && !isSetInEnvironment(env, name)) values[name] = value;
    }
    const { source } = dotenv;
    const isRoots = source === null || (source.ownerUid === 0 && !source.isWritable);
    if (uid === 0 && !isRoots) {
      const named = PROGRAM_NAMES.filter((name) => env[name] === undefined && filled(values[name]) !== undefined);
      problems.push(...named.map((name) => `${name}: ${NOT_BY_ROOT}`));
    }
  }
  Object.assign(values, env);
  warnings.push(...misspeltNames(Object.keys(values)));

  const pathOf = (name: string): string | null => {
    const path = filled(values[name]);
    return path === undefined ? null : resolve(env[name] === undefined ? configDir : cwd, path);
  };
  for (const name of SECRET_NAMES) {
    const path = pathOf(`${name}_FILE`);
    if (path === null) continue;
    if (filled(values[name]) !== undefined) {
      problems.push(`${name} and ${name}_FILE are both set; keep one`);
      continue;
    }
    const secret = readSmallFile(path);
    if (secret.kind === 'ok') values[name] = secret.text.replace(/[\r\n]+$/, '');
    else problems.push(`${name}_FILE: ${path} ${secret.kind === 'absent' ? 'does not exist' : secret.why}`);
  }
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
  return { configDir, values: set, problems, warnings, pathOf };
}

const NOT_BY_ROOT = 'root runs no program that a .env of somebody else names; run: chown root .env && chmod 600 .env';

/** Variables that name programs to run. */
const PROGRAM_NAMES = ['FFMPEG_PATH', 'FFPROBE_PATH'] as const;

/** Whether the environment sets this variable. A secret counts as set in either form, `NAME` or `NAME_FILE`. */
function isSetInEnvironment(env: Readonly<Record<string, string | undefined>>, name: string): boolean {
  const secret = SECRET_NAMES.find((each) => name === each || name === `${each}_FILE`);
  if (secret === undefined) return env[name] !== undefined;
  return env[secret] !== undefined || env[`${secret}_FILE`] !== undefined;
}

function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
