import { spawn } from 'node:child_process';
import { NODE_CACHE } from '../fixtures/node-cache.ts';
import { nodeArgs, PROGRAM } from '../fixtures/program.ts';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Call {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Default 60 s. */
  readonly timeoutMs?: number;
}

/** Runs the real program, with nothing of this process's environment but PATH and `NODE_CACHE`; killed when its time is over. */
export function streamctl(
  args: readonly string[],
  { env = {}, cwd = '/', stdin = '', timeoutMs = 60_000 }: Call = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeArgs(PROGRAM), ...args], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', ...NODE_CACHE, ...env },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}

/** For tests that end the program themselves. */
export const entryPath = PROGRAM;
