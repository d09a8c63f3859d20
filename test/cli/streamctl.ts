import { spawn } from 'node:child_process';
import { readCommandLine } from '../../src/cli/command-line.ts';
import { refuse } from '../../src/cli/command.ts';
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

/**
 * As `streamctl`, in this process: a start of the program costs more than nearly all that it is asked. What only the
 * program itself shows (its stdin, its streams, its end) is tried once for each command by `streamctl`.
 */
export async function called(
  argv: readonly string[],
  { env = {}, cwd = '/' }: Pick<Call, 'env' | 'cwd'> = {},
): Promise<Outcome> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const terminal = {
    out: (text: string) => void stdout.push(`${text}\n`),
    note: (text: string) => void stderr.push(`streamctl: ${text}\n`),
    problem: (text: string) => void stderr.push(`${text}\n`),
    isInteractive: false,
    colour: false,
    size: () => ({ columns: 100, rows: 50 }),
  };
  const line = readCommandLine(argv);
  if (line.kind === 'text' || line.kind === 'version') throw new Error(`${argv.join(' ')} is no call`);
  if (line.kind === 'wrong') {
    const code = refuse(terminal, line.message);
    return { code, stdout: '', stderr: stderr.join('') };
  }
  const { run } = await line.command.load();
  const whole = { PATH: process.env['PATH'] ?? '', ...env };
  const code = await run({ options: line.options, args: line.args, env: whole, cwd, terminal });
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

/** For tests that end the program themselves. */
export const entryPath = PROGRAM;
