import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { eventually } from '../fixtures/eventually.ts';
import { processesWithMarker } from '../fixtures/workspace.ts';

/** Where the daemon under measurement lives, and what it talks to. */
export interface Place {
  /** The built program. */
  readonly program: string;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly healthPort: number;
  /** V8 options to try. */
  readonly nodeFlags: readonly string[];
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
  const child = spawn(process.execPath, [...place.nodeFlags, place.program, 'run'], {
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
  return {
    child,
    spawnedAtMs,
    firstPassAtMs,
    answersAtMs: eventually(
      async () => {
        await answers(place.healthPort);
        return performance.now();
      },
      { everyMs: 2, timeoutMs: 20_000, what: '/health' },
    ),
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
export async function health(port: number): Promise<{ readonly status: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) });
  return (await response.json()) as { status: string };
}

/** User and system time a process has used, seconds, to a hundredth. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** What all processes with this marker use in that time, seconds; those that come and go in between included. */
export async function cpuOfMarked(marker: string, forMs: number): Promise<number> {
  const begin = new Map<number, number>();
  const last = new Map<number, number>();
  const look = (isFirst: boolean): void => {
    for (const pid of processesWithMarker(marker)) {
      try {
        const seconds = cpuSeconds(pid);
        if (!begin.has(pid)) begin.set(pid, isFirst ? seconds : 0);
        last.set(pid, seconds);
      } catch {
        // It ended in between: what it was last seen with counts.
      }
    }
  };
  look(true);
  for (const endMs = performance.now() + forMs; performance.now() < endMs;) {
    await new Promise((done) => setTimeout(done, 500));
    look(false);
  }
  return [...last].reduce((sum, [pid, seconds]) => sum + seconds - (begin.get(pid) ?? 0), 0);
}

/** Resident memory, MB of 10^6 bytes. */
export function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ port, host: '127.0.0.1', path: '/health', agent: false }, (response) => {
      response.resume().once('end', () => resolve());
    });
    request.once('error', reject);
  });
}
