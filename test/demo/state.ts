import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MARKER_VARIABLE } from '../../src/reconcile/model/run.ts';
import { takeDaemonLock } from '../../src/state/daemon-lock.ts';
import { stateIdOf } from '../../src/state/files.ts';
import { eventually } from '../fixtures/eventually.ts';
import { isAlive, killMarked, processEntry } from '../fixtures/workspace.ts';

/** The state directory while the demo has it. */
export interface DemoState {
  readonly dir: string;
  /** Ends whatever FFmpeg carries its marker; answers with the PIDs it had to end. */
  killRuns(): Promise<number[]>;
  /** Removes what is in it, and the directory if the demo made it. */
  clean(): void;
}

export type StateResult =
  { readonly kind: 'taken'; readonly state: DemoState } | { readonly kind: 'refused'; readonly message: string };

/** Says that the state here is a demo's, whose, and where its other files are: a demo that was killed is cleaned up by the next. */
const NOTE = 'demo.json';
const KEPT = '.gitkeep';

/**
 * Takes the state directory for a demo: empty, or left by a demo that was killed, which is cleaned up first. Anything
 * else is somebody's, and stays untouched.
 */
export async function takeState(dir: string, tempDir: string): Promise<StateResult> {
  const made = !existsSync(dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = realpathSync(dir);
  const stateId = stateIdOf(path);
  const killRuns = (): Promise<number[]> => killMarked(`${MARKER_VARIABLE}=${stateId}:`);
  const note = readNote(join(path, NOTE));
  if (note !== null && isDemo(note.pid)) {
    return { kind: 'refused', message: `a demo runs in this checkout already, pid ${note.pid}` };
  }
  const left = note !== null;
  if (!left) {
    if (!(await isFree(stateId)))
      return { kind: 'refused', message: `a daemon runs on ${dir}; the demo leaves it alone` };
    if (names(path).length > 0) {
      const message = `${dir} holds the state of a daemon, which the demo would spoil: use a fresh clone, or set STREAM_STATE_DIR to an empty directory`;
      return { kind: 'refused', message };
    }
  } else {
    // Its daemon was told by the kernel; it may still be taking the stream off air.
    await eventually(
      async () => {
        if (!(await isFree(stateId))) throw new Error('the daemon of an earlier demo is still there');
      },
      { timeoutMs: 15_000, everyMs: 200 },
    );
    await killRuns();
    empty(path);
    if (isDemoTemp(note.tempDir)) rmSync(note.tempDir, { recursive: true, force: true });
  }
  writeFileSync(join(path, NOTE), JSON.stringify({ pid: process.pid, tempDir, made: made || (note?.made ?? false) }));
  const clean = (): void => {
    empty(path);
    if (made || note?.made === true) rmSync(path, { recursive: true, force: true });
  };
  return { kind: 'taken', state: { dir: path, killRuns, clean } };
}

/** Beginning of the names of the demo's temporary directories. */
export const TEMP_PREFIX = 'stream-controller-demo-';

const isDemoTemp = (path: string): boolean => path.includes(`/${TEMP_PREFIX}`) && !path.includes('/..');

async function isFree(stateId: string): Promise<boolean> {
  const lock = await takeDaemonLock(stateId);
  lock?.release();
  return lock !== null;
}

const isDemo = (pid: number): boolean =>
  pid !== process.pid && isAlive(pid) && /test\/demo\/main\.ts/.test(processEntry(pid)?.command ?? '');

const names = (dir: string): string[] => readdirSync(dir).filter((name) => name !== KEPT);

function empty(dir: string): void {
  for (const name of names(dir)) rmSync(join(dir, name), { recursive: true, force: true });
}

interface Note {
  readonly pid: number;
  readonly tempDir: string;
  readonly made: boolean;
}

function readNote(path: string): Note | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return null;
    const { pid, tempDir, made } = value as Record<string, unknown>;
    return typeof pid === 'number' && typeof tempDir === 'string' ? { pid, tempDir, made: made === true } : null;
  } catch {
    return null;
  }
}
