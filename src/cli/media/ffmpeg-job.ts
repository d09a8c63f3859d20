import { spawn } from 'node:child_process';
import { closeSync, writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import {
  type MediaInput,
  SECOND_ADDRESS_FD,
  mediaStdin,
  type ReadingOptions,
  secondAddress,
} from '../../actuate/ffmpeg/media-input.ts';
import { openMedia } from '../../actuate/process/descriptors.ts';
import type { ItemFacts } from '../../reconcile/model/item.ts';
import { boundToUs, ffmpegEnv, killGroup } from '../../system/programs.ts';
import { errorMessage } from '../../system/errors.ts';

/** One FFmpeg that somebody waits for: it prepares, measures or takes a picture, and is no part of the stream. */
interface FfmpegJob {
  readonly ffmpegPath: string;
  /** Progress is to go to `pipe:3`, if it is wanted. */
  readonly args: readonly string[];
  /** The media it reads from stdin, so that no address is in argv; null = none. */
  readonly media: ({ readonly input: MediaInput; readonly facts: ItemFacts } & ReadingOptions) | null;
  /** Path of a slate or visual, for `BACKDROP_FD`; null = none. */
  readonly backdrop: string | null;
  readonly caFile: string | null;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Text of `-progress` as it comes. */
  readonly onProgress?: (chunk: string) => void;
}

export type JobEnd =
  | { readonly kind: 'ended'; readonly exitCode: number | null; readonly stdout: Buffer; readonly stderr: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'not-started'; readonly message: string };

/** The largest picture there is, uncompressed: 4096x4096 in RGB. */
const MAX_STDOUT_BYTES = 64 * 1024 * 1024;
const MAX_STDERR_CHARACTERS = 16 * 1024;
const PROGRESS_FD = 3;

/** Options that make a job report its progress. */
export const JOB_PROGRESS: readonly string[] = ['-progress', `pipe:${PROGRESS_FD}`];

/**
 * Runs the job to its end with the lowest priority, so that the stream on the same machine is not harmed. The kernel
 * kills it when this process dies; it is killed, too, after `timeoutMs` and when `signal` aborts. Never rejects, and
 * returns only after the process is gone.
 */
export async function runJob(wanted: FfmpegJob): Promise<JobEnd> {
  const { media, backdrop, signal } = wanted;
  if (signal?.aborted === true) return { kind: 'aborted' };
  const fds: (number | null)[] = [];
  try {
    fds.push(media?.input.kind === 'local' ? openMedia(media.input.path) : null);
    fds.push(backdrop === null ? null : openMedia(backdrop));
    return await follow(wanted, fds);
  } catch (error) {
    return { kind: 'not-started', message: errorMessage(error) };
  } finally {
    for (const fd of fds) if (fd !== null) closeSync(fd);
  }
}

function follow(wanted: FfmpegJob, fds: readonly (number | null)[]): Promise<JobEnd> {
  const { ffmpegPath, args, media, caFile, timeoutMs, signal, onProgress } = wanted;
  return new Promise((resolve) => {
    const second = media === null ? null : secondAddress(media.input, media.facts);
    const bound = boundToUs('nice', ['-n', '19', ffmpegPath, ...args]);
    const child = spawn(bound.program, bound.args, {
      cwd: '/',
      detached: true,
      env: ffmpegEnv(caFile),
      stdio: [
        ...(['pipe', 'pipe', 'pipe', 'pipe'] as const),
        ...fds.map((fd) => fd ?? ('ignore' as const)),
        second === null ? 'ignore' : 'pipe',
      ],
    });
    lowerGroupPriority(child.pid);
    let cutShort: JobEnd | null = null;
    const kill = (why: JobEnd): void => {
      cutShort ??= why;
      killGroup(child.pid);
    };
    const onAbort = (): void => kill({ kind: 'aborted' });
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(kill, timeoutMs, { kind: 'timeout' });
    const chunks: Buffer[] = [];
    let length = 0;
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_STDOUT_BYTES) kill({ kind: 'not-started', message: 'FFmpeg wrote more than a picture' });
      else chunks.push(chunk);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_STDERR_CHARACTERS);
    });
    child.stdio[PROGRESS_FD]?.on('data', (chunk: Buffer) => onProgress?.(chunk.toString('latin1')));
    // EPIPE: it may end before it has read its stdin.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(media === null ? '' : mediaStdin(media.input, media.facts, media));
    const secondary = child.stdio.at(SECOND_ADDRESS_FD);
    if (second !== null && secondary instanceof Writable) secondary.on('error', () => undefined).end(second);
    child.on('error', (error) => {
      cutShort ??= { kind: 'not-started', message: `setpriv of util-linux cannot be run: ${error.message}` };
      if (child.pid === undefined) settle();
    });
    child.on('close', settle);

    function settle(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(cutShort ?? { kind: 'ended', exitCode: child.exitCode, stdout: Buffer.concat(chunks), stderr });
    }
  });
}

/** The kernel divides the processor among sessions first, whatever each process's priority: see sched(7), "autogroup". */
function lowerGroupPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) writeFileSync(`/proc/${pid}/autogroup`, '19');
  } catch {
    // Not every kernel has it; the priority within the group is low in any case.
  }
}
