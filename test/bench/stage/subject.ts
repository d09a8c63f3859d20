import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import type { HealthBody } from '../../../src/health/body.ts';
import { eventually } from '../../fixtures/eventually.ts';

/** Where the daemon under measurement lives, and what it talks to. */
export interface Place {
  /** Node's arguments: its options, and the built program or `src/cli/streamctl.ts`. */
  readonly program: readonly string[];
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly healthPort: number;
}

/** A daemon as built, in a process of its own. */
export interface Subject {
  readonly child: ChildProcess;
  /** performance.now() of its spawn, of its first word about a pass, and of its first answer on /health. */
  readonly spawnedAtMs: number;
  readonly firstPassAtMs: Promise<number>;
  readonly answersAtMs: Promise<number>;
  stop(): Promise<void>;
}

export function startSubject(place: Place): Subject {
  mkdirSync(place.dir, { recursive: true });
  const spawnedAtMs = performance.now();
  const child = spawn(process.execPath, [...place.program, 'run'], {
    cwd: place.dir,
    env: { PATH: process.env['PATH'], STREAM_CONTROLLER_PORT: String(place.healthPort), ...place.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const firstPassAtMs = new Promise<number>((resolve) => {
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      if (text.includes('"status changed"')) return;
      text += data.toString();
      if (text.includes('"status changed"')) resolve(performance.now());
    });
  });
  const answersAtMs = eventually(
    async () => {
      await answers(place.healthPort);
      return performance.now();
    },
    { everyMs: 2, timeoutMs: 60_000, what: '/health' },
  );
  // Not every part waits for it.
  answersAtMs.catch(() => undefined);
  return {
    child,
    spawnedAtMs,
    firstPassAtMs,
    answersAtMs,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Replaces desired.yaml by a rename, as editors do; performance.now() of it. */
export function writeDesired(dir: string, text: string): number {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'desired.yaml');
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return performance.now();
}

/** The body of /health. */
export async function health(port: number): Promise<HealthBody> {
  const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(10_000) });
  return (await response.json()) as HealthBody;
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ port, host: '127.0.0.1', path: '/health', agent: false }, (response) => {
      response.resume().once('end', () => resolve());
    });
    request.once('error', reject);
  });
}
