import { type ExecFileException, execFile, spawnSync } from 'node:child_process';
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { failedLook, type Look } from './look.ts';

/** PATH of every child. */
export const CHILD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** The environment of every child: no secret of ours. */
export const CHILD_ENV = { PATH: CHILD_PATH, LANG: 'C.UTF-8' };

/** The environment of an FFmpeg. `caFile`: bundle of authorities for https and rtmps; null = its TLS library's own. */
export const ffmpegEnv = (caFile: string | null): Readonly<Record<string, string>> => ({
  ...CHILD_ENV,
  AV_LOG_FORCE_NOCOLOR: '1',
  ...(caFile === null ? {} : { SSL_CERT_FILE: caFile }),
});

const TRY_AT_MOST_MS = 15_000;

/** Finds a program on PATH; null = it is not there, not executable, or cannot be looked at. */
export const findProgram = (name: string, path: string): string | null =>
  candidates(name, path).find((candidate) => lookAtProgram(candidate).kind === 'known') ?? null;

/** Finds a program on PATH each time it is asked. While a look fails the program counts as where it was, or was not, before. */
export function programFinder(name: string, path: string): () => string | null {
  let last: string | null | undefined;
  return () => {
    for (const candidate of candidates(name, path)) {
      const look = lookAtProgram(candidate);
      if (look.kind === 'absent') continue;
      if (look.kind === 'known') last = candidate;
      // The first look has none before it, so whatever can be found now is taken.
      else if (last === undefined) last = findProgram(name, path);
      return last;
    }
    last = null;
    return last;
  };
}

const candidates = (name: string, path: string): readonly string[] =>
  path
    .split(delimiter)
    .filter((dir) => dir.startsWith('/'))
    .map((dir) => join(dir, name));

/** How it is told that there is no program, or none for this user. Another code (EIO, EMFILE) tells nothing. */
const NO_PROGRAM = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG'];

function lookAtProgram(path: string): Look<Stats> {
  try {
    accessSync(path, constants.X_OK);
    const value = statSync(path);
    return value.isFile() ? { kind: 'known', value } : { kind: 'absent' };
  } catch (error) {
    return failedLook(error, NO_PROGRAM);
  }
}

/** Changes when another file takes the program's place, as an update does; absent = it is no executable file. */
export function programIdentity(path: string): Look<string> {
  const look = lookAtProgram(path);
  if (look.kind !== 'known') return look;
  const { dev, ino, size, mtimeMs } = look.value;
  return { kind: 'known', value: [path, dev, ino, size, mtimeMs].join(' ') };
}

/**
 * What to start in place of `program` so that the kernel kills it when the process that started it ends, however it ends;
 * the program itself where `setpriv` is missing or may not do it.
 */
export const boundToUs = (
  program: string,
  args: readonly string[],
  binds = canBind(),
): { readonly program: string; readonly args: readonly string[] } =>
  binds ? { program: 'setpriv', args: [...BIND, program, ...args] } : { program, args };

const BIND = ['--pdeathsig', 'KILL'];
let binds: boolean | null = null;

/** Tried once: `setpriv` always calls capset(2), and exits 127 where a filter of system calls forbids that. */
function canBind(): boolean {
  const options = { stdio: 'ignore', env: CHILD_ENV, timeout: TRY_AT_MOST_MS } as const;
  binds ??= spawnSync('setpriv', [...BIND, 'true'], options).status === 0;
  return binds;
}

/** Exit codes of util-linux' `setpriv` where it cannot start the program, and the error code that each stands for. */
export const NOT_STARTED_CODES: ReadonlyMap<number | null, string> = new Map([
  [126, 'EACCES'],
  [127, 'ENOENT'],
]);

/** Kills a child that was started `detached`, with all that it started. */
export function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

interface ToolAnswer {
  /** One character a byte. */
  readonly stdout: string;
  /** Its last complaint, or how it ended; '' when it ended well. */
  readonly failure: string;
}

/** Runs a program with a minimal environment, for 15 s at most or until `signal`; never rejects. */
export function askProgram(path: string, args: readonly string[], signal?: AbortSignal): Promise<ToolAnswer> {
  return new Promise((resolve) => {
    const options = {
      timeout: TRY_AT_MOST_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 1_048_576,
      encoding: 'latin1',
      env: { LANG: 'C.UTF-8' },
      ...(signal === undefined ? {} : { signal }),
    } as const;
    execFile(path, args, options, (error, stdout, stderr) => {
      const failure = error === null ? '' : (stderr.trim() || endOf(error)).split('\n').at(-1);
      resolve({ stdout, failure: failure ?? '' });
    });
  });
}

/** How the program ended. Node's own message holds the whole command, and so the program's path. */
function endOf({ code, signal }: ExecFileException): string {
  return typeof code === 'number' ? `exit code ${code}` : (code ?? `ended by ${signal ?? 'the time limit'}`);
}
