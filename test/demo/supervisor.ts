import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { nodeArgs } from '../fixtures/program.ts';

export interface DaemonCommand {
  /** The built program. */
  readonly program: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where its log goes. */
  readonly logPath: string;
  /** Told on every start and end, one line for people. */
  readonly onChange: (message: string) => void;
}

/** The daemon, supervised as systemd would: back 3 s after a crash or a hand-over, never after a clean end. */
export interface SupervisedDaemon {
  /** null while none runs. */
  readonly pid: number | null;
  /** SIGTERM, SIGKILL after `graceMs`; resolves once it is gone, and starts none again. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL now, for the impatient; `stop` resolves then. */
  hasten(): void;
}

const RESTART_AFTER_MS = 3_000;
/** Malformed environment: another start would end the same way. */
const EXIT_USAGE = 2;

export function superviseDaemon(command: DaemonCommand): SupervisedDaemon {
  let child: ChildProcess | null = null;
  let again: NodeJS.Timeout | null = null;
  let stopping = false;
  let onGone = (): void => undefined;

  const start = (): void => {
    again = null;
    const started = launch(command);
    child = started;
    let told = false;
    const ended = (how: string, restarts: boolean): void => {
      if (told) return;
      told = true;
      child = null;
      onGone();
      if (stopping) return;
      if (!restarts) {
        command.onChange(`the daemon ended (${how}); as with systemd, a clean end is not followed by a restart`);
        return;
      }
      command.onChange(`the daemon ended (${how}); the picture stays on, the next daemon starts in 3 s`);
      again = setTimeout(start, RESTART_AFTER_MS);
    };
    started.once('error', (error) => ended(error.message, true));
    started.once('exit', (code, signal) => {
      ended(signal ?? `exit ${String(code)}`, code !== 0 && code !== EXIT_USAGE);
    });
    if (started.pid !== undefined) command.onChange(`daemon started, pid ${started.pid}`);
  };

  start();
  return {
    get pid() {
      return child?.pid ?? null;
    },
    stop: async (graceMs) => {
      stopping = true;
      if (again !== null) clearTimeout(again);
      const ending = child;
      if (ending === null) return;
      const gone = new Promise<void>((resolve) => (onGone = resolve));
      ending.kill('SIGTERM');
      const limit = setTimeout(() => ending.kill('SIGKILL'), graceMs);
      await gone;
      clearTimeout(limit);
    },
    hasten: () => void child?.kill('SIGKILL'),
  };
}

function launch({ program, cwd, env, logPath }: DaemonCommand): ChildProcess {
  const log = openSync(logPath, 'a', 0o600);
  try {
    // A session of its own: Ctrl-C at the terminal is the demo's to answer. pdeathsig: if the demo is killed outright,
    // the kernel tells the daemon, which takes the stream off air.
    return spawn('setpriv', ['--pdeathsig', 'TERM', process.execPath, ...nodeArgs(program), 'run'], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}
