import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { formatMarker, type Marker, MARKER_VARIABLE, RECORD_VARIABLE } from '../../reconcile/model/run.ts';
import { ffmpegEnv } from '../../system/programs.ts';
import { errorMessage } from '../../system/errors.ts';

/** One FFmpeg to start, gate or lock included. */
export interface Launch {
  readonly marker: Marker;
  /** JSON that the run carries in its environment; null = none. */
  readonly record: string | null;
  readonly program: string;
  readonly args: readonly string[];
  /** stderr is appended here. */
  readonly logPath: string;
  /** Text for stdin, or a descriptor to read from. */
  readonly stdin: string | number;
  /** Descriptor for stdout; null = none. */
  readonly stdout: number | null;
  /** What the child gets as 3, 4, …: descriptors, or a text to read; null leaves a number free. */
  readonly extraFds: readonly (number | string | null)[];
}

type LaunchResult =
  { readonly kind: 'started'; readonly pid: number } | { readonly kind: 'failed'; readonly message: string };

export type OnExit = (runId: string, code: number | null, signal: string | null) => void;

/**
 * Starts a run in a session and process group of its own. Its environment holds no secret: only the marker, and where
 * FFmpeg finds authorities. The run outlives the daemon: it shares no pipe with us but those of the texts it is given to
 * read, which are written and closed at once.
 */
export function launch(wanted: Launch, caFile: string | null, onExit: OnExit): LaunchResult {
  let logFd: number | undefined;
  try {
    logFd = openSync(wanted.logPath, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
    const child = spawn(wanted.program, wanted.args, {
      detached: true,
      cwd: '/',
      env: {
        ...ffmpegEnv(caFile),
        [MARKER_VARIABLE]: formatMarker(wanted.marker),
        ...(wanted.record === null ? {} : { [RECORD_VARIABLE]: wanted.record }),
      },
      stdio: [
        typeof wanted.stdin === 'number' ? wanted.stdin : 'pipe',
        wanted.stdout ?? 'ignore',
        logFd,
        ...wanted.extraFds.map((fd) => (typeof fd === 'string' ? ('pipe' as const) : (fd ?? ('ignore' as const)))),
      ],
    });
    const { runId } = wanted.marker;
    child.once('exit', (code, signal) => onExit(runId, code, signal));
    if (child.pid === undefined) {
      const message = `${wanted.program} could not be started`;
      child.once('error', () => undefined);
      writeSync(logFd, `${message}\n`);
      return { kind: 'failed', message };
    }
    for (const [fd, text] of [wanted.stdin, null, null, ...wanted.extraFds].entries()) {
      const stream = child.stdio[fd];
      if (typeof text === 'string' && stream instanceof Writable) stream.on('error', () => undefined).end(text);
    }
    child.unref();
    return { kind: 'started', pid: child.pid };
  } catch (error) {
    return { kind: 'failed', message: errorMessage(error) };
  } finally {
    if (logFd !== undefined) closeSync(logFd);
  }
}
