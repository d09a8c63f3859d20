import type { Logger } from 'pino';
import { type LogOutput, openLogOutput } from './log-output.ts';
import { createLog, isJournal } from './log.ts';
import { sdNotifier } from './sd-notify.ts';
import type { SignalInbox } from './signals.ts';
import { SystemdNotifier, watchdogMsOf } from './systemd.ts';
import { live } from './wiring.ts';
import { collectSecrets, readSettings } from '../environment/read-settings.ts';
import type { Settings } from '../environment/settings.ts';
import { monotonicMs } from '../observe/clock/moment.ts';
import { type DaemonLock, lockStateDir, takeDaemonLock } from '../state/daemon-lock.ts';
import { stateIdOf } from '../state/files.ts';
import { makeStateDir } from '../state/state-dir.ts';
import { errorCode, errorMessage } from '../system/errors.ts';
import { createRedactor } from '../text/redact.ts';

/** Exit codes of the daemon; 75 asks systemd to start the next version, which adopts the stream. */
const EXIT = { well: 0, failed: 1, usage: 2, handOver: 75 } as const;

/** Where systemd shows a system service its credentials, each in a directory with the unit's name. */
const SYSTEM_CREDENTIALS = '/run/credentials';

/** How long the last lines wait for a reader of the log who stands still. */
const LAST_WORDS_MS = 1_000;

const DISK_TROUBLE: ReadonlySet<string> = new Set(['EROFS', 'ENOSPC', 'EDQUOT', 'EIO']);

/** The daemon, from its environment to its exit code. */
export async function runDaemon(env: NodeJS.ProcessEnv, cwd: string, signals: SignalInbox): Promise<number> {
  // Every file the daemon and its children make is this user's alone.
  process.umask(0o077);
  const read = readSettings(env, cwd);
  if (read.kind === 'invalid') return refuse(read.problems);
  const { settings, warnings } = read;
  const output = openLogOutput(1, monotonicMs);
  const log = createLog(settings.logLevel, createRedactor(collectSecrets(settings)), isJournal(1, env), output);
  for (const warning of warnings) log.warn({ warning }, 'the environment is odd');
  try {
    return await runLogged(settings, log, output, signals, serviceManagerOf(env, log));
  } finally {
    await output.flush(LAST_WORDS_MS);
  }
}

async function runLogged(
  settings: Settings,
  log: Logger,
  output: LogOutput,
  signals: SignalInbox,
  serviceManager: SystemdNotifier | null,
): Promise<number> {
  let stateDir: string;
  try {
    stateDir = makeStateDir(settings.stateDir);
  } catch (error) {
    process.stderr.write(`streamctl: STREAM_STATE_DIR cannot be used: ${errorMessage(error)}\n`);
    // A disk that is full or turned read-only is no malformed environment: a later start may succeed.
    return DISK_TROUBLE.has(errorCode(error)) ? EXIT.failed : EXIT.usage;
  }
  const stateId = stateIdOf(stateDir);
  const locks = await takeLocks(stateDir, stateId, log);
  if (locks === null) {
    log.fatal('another daemon runs on this state directory; end it, or set STREAM_STATE_DIR');
    return EXIT.failed;
  }
  try {
    const end = await live(settings, stateDir, stateId, { log, output }, signals, serviceManager);
    if (end.kind === 'handOver') {
      log.info('handing over: the stream plays on, the next daemon adopts it');
      return EXIT.handOver;
    }
    log[end.code === 0 ? 'info' : 'fatal']({ code: end.code }, end.message);
    return end.code;
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** Both locks; null = another daemon has one of them. Daemons of earlier versions take the first only. */
async function takeLocks(stateDir: string, stateId: string, log: Logger): Promise<readonly DaemonLock[] | null> {
  const named = await takeDaemonLock(stateId);
  if (named === null) return null;
  const inode = lockStateDir(stateDir);
  if (inode === null) {
    named.release();
    return null;
  }
  if (inode !== 'unsupported') return [named, inode];
  log.warn(
    'this file system locks no directory: see that no other daemon, of another container, uses STREAM_STATE_DIR',
  );
  return [named];
}

/**
 * Exit code 0 where a daemon would take this environment, 2 where it would refuse it. A program that is not whole fails
 * before it gets here. Variables that name systemd credentials are left out: systemd shows credentials to the daemon, but
 * not to what it runs at a reload. Versions up to 253 still name their directory there (systemd/systemd#35227).
 */
export function verifyEnvironment(env: NodeJS.ProcessEnv, cwd: string): number {
  const credentials = env['CREDENTIALS_DIRECTORY'] ?? SYSTEM_CREDENTIALS;
  const isCredential = (name: string, value = ''): boolean =>
    name.endsWith('_FILE') && value.startsWith(`${credentials}/`);
  const visible = Object.entries(env).filter(([name, value]) => !isCredential(name, value));
  const read = readSettings(Object.fromEntries(visible), cwd);
  return read.kind === 'invalid' ? refuse(read.problems) : EXIT.well;
}

function refuse(problems: readonly string[]): number {
  for (const problem of problems) process.stderr.write(`streamctl: ${problem}\n`);
  return EXIT.usage;
}

/** null = systemd waits for no message: it did not start this process, or not as a unit of Type=notify. */
function serviceManagerOf(env: NodeJS.ProcessEnv, log: Logger): SystemdNotifier | null {
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return null;
  return new SystemdNotifier({
    notify: sdNotifier(socket, env['PATH'] ?? ''),
    watchdogMs: watchdogMsOf(env, process.pid),
    onProblem: (why) => log.error({ why }, 'systemd cannot be told how the daemon is'),
  });
}
