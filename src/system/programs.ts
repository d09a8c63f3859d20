import { type ExecFileException, execFile, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

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

/** Finds a program on PATH; null = it is not there or not executable. */
export function findProgram(name: string, path: string): string | null {
  for (const dir of path.split(delimiter)) {
    const candidate = join(dir, name);
    if (dir.startsWith('/') && isExecutable(candidate)) return candidate;
  }
  return null;
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** Changes when another file takes the program's place, as an update does; null = it is no executable file. */
export function programIdentity(path: string): string | null {
  const found = isExecutable(path) ? statSync(path, { throwIfNoEntry: false }) : undefined;
  return found === undefined ? null : [path, found.dev, found.ino, found.size, found.mtimeMs].join(' ');
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
