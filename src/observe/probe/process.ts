import { spawn } from 'node:child_process';
import { boundToUs, killGroup, NOT_STARTED_CODES } from '../../system/programs.ts';

export interface ProbeCommand {
  readonly ffprobePath: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How one run of ffprobe ended. Messages are redacted. */
export type ProbeRun =
  | {
      readonly kind: 'ok';
      readonly json: unknown;
      readonly durationIsGuess: boolean;
      /** It complained of something that it read. */
      readonly complained: boolean;
    }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'not-started'; readonly code: string };

const MAX_STDOUT_BYTES = 4 * 1024 * 1024;
const MAX_STDERR_BYTES = 16 * 1024;

/**
 * Runs ffprobe in a process group of its own. The group is killed when the time is over or the output is too long; the kernel
 * kills ffprobe when we die. Never rejects; resolves only after the process is gone.
 */
export function runProbe(
  { ffprobePath, env }: ProbeCommand,
  args: readonly string[],
  stdin: string,
  timeoutMs: number,
): Promise<ProbeRun> {
  if (timeoutMs <= 0) return Promise.resolve({ kind: 'timeout' });
  return new Promise((resolve) => {
    const bound = boundToUs(ffprobePath, ['-hide_banner', '-v', 'level+warning', '-of', 'json=compact=1', ...args]);
    const child = spawn(bound.program, bound.args, {
      env: { ...env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let cutShort: ProbeRun | null = null;
    const kill = (why: ProbeRun): void => {
      cutShort ??= why;
      killGroup(child.pid);
    };
    const timer = setTimeout(kill, timeoutMs, { kind: 'timeout' });
    const stdout = new BoundedText(MAX_STDOUT_BYTES, () => kill({ kind: 'failed', message: 'ffprobe said too much' }));
    const stderr = new BoundedText(MAX_STDERR_BYTES, () => undefined);
    child.stdout.on('data', (chunk: Buffer) => stdout.add(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
    // ffprobe may end before it has read its input, so EPIPE is no failure.
    child.stdin.on('error', () => undefined).end(stdin);
    child.on('error', (error: NodeJS.ErrnoException) => {
      cutShort ??= { kind: 'not-started', code: error.code ?? error.name };
      if (child.pid === undefined) settle();
    });
    child.on('close', settle);

    function settle(): void {
      clearTimeout(timer);
      resolve(cutShort ?? outcome(child.exitCode, stdout.text(), stderr.text()));
    }
  });
}

function outcome(exitCode: number | null, stdout: string, stderr: string): ProbeRun {
  const code = NOT_STARTED_CODES.get(exitCode);
  if (code !== undefined) return { kind: 'not-started', code };
  if (exitCode !== 0) return { kind: 'failed', message: lastLine(stderr) };
  try {
    return {
      kind: 'ok',
      json: JSON.parse(stdout),
      durationIsGuess: GUESS.test(stderr),
      complained: ERROR.test(stderr),
    };
  } catch {
    return { kind: 'failed', message: 'ffprobe gave no usable answer' };
  }
}

/** FFmpeg says so when it took the length from the first frames, which is far off for VBR without an index. */
const GUESS = /Estimating duration from bitrate/;
const ERROR = /\[(?:error|fatal|panic)\] /;

/** The line that says most: one about a refused format, else the last. Addresses and paths are left out. */
function lastLine(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('[warning] '))
    .map((line) => line.replace(/\[(?:error|fatal|panic)\] /, ''));
  const line = lines.find((text) => text.includes('not on whitelist')) ?? lines.at(-1) ?? 'ffprobe failed';
  if (line.includes('not on whitelist')) return `${/\[(\S+) @/.exec(line)?.[1] ?? 'its'} format is not allowed`;
  return redacted(line);
}

/** The first line in which FFmpeg complains, without addresses and paths: later ones follow from it. */
export function firstComplaint(stderr: string): string {
  const line = stderr.split('\n').find((text) => /^\[.*(?:error|fatal|panic)\] /.test(text)) ?? 'it gave no reason';
  return redacted(line.replace(/\[(?:error|fatal|panic)\] /, ''));
}

function redacted(line: string): string {
  return line
    .replace(/^(?:\[\S+ @ 0x[\da-f]+\] )*\[(\S+) @ 0x[\da-f]+\]/, '$1:')
    .replaceAll(/\b(?:concatf|https?|file|tcp|tls|pipe):\S*(?: \S+(?=: ))?/gi, '…')
    .replaceAll(/X-Amz-\S+/gi, '…')
    .replace(/^… /, '')
    .trim()
    .slice(0, 200);
}

class BoundedText {
  readonly #limit: number;
  readonly #overflow: () => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(limit: number, overflow: () => void) {
    this.#limit = limit;
    this.#overflow = overflow;
  }

  add(chunk: Buffer): void {
    const room = this.#limit - this.#size;
    if (room > 0) this.#chunks.push(chunk.subarray(0, room));
    this.#size += chunk.length;
    if (chunk.length > room) this.#overflow();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
