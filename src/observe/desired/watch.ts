import { type FSWatcher, watch } from 'chokidar';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { errorMessage } from '../../system/errors.ts';

/** Events come in bursts (an editor's save makes three or four); each burst wakes once. */
const QUIET_MS = 50;
/** A file that is written without pause wakes at least this often. */
const MAX_DELAY_MS = 500;
/** How often the directory is compared with the watched one: inotify is silent when the directory itself is replaced. */
const REARM_MS = 1000;

export interface WatchOptions {
  /** Called when the watch fails, as when no inotify watches are left; then it may stay silent, and only passes read the file. */
  readonly onError?: (message: string) => void;
  /** Wake only after this long without an event; matches the reader's `settleMs`. Milliseconds, default 50. */
  readonly quietMs?: number;
}

export interface DesiredWatch {
  /** Ends the watch; no wake comes after it. */
  close(): Promise<void>;
}

/**
 * Calls `onChange` soon after the file may have changed. It can come without a change, and some changes are noticed late (a
 * replaced directory, up to a second) or never, so the caller reads the file regularly as well. Other files of the directory
 * are not watched.
 */
export function watchDesired(path: string, onChange: () => void, options: WatchOptions = {}): DesiredWatch {
  const file = resolve(path);
  const directory = dirname(file);
  const wake = coalesce(onChange, options.quietMs ?? QUIET_MS);
  const onError = (error: unknown): void => options.onError?.(errorMessage(error));

  let armedFor: string | null = null;
  let watcher = arm();
  let state: 'idle' | 'looking' | 'closed' = 'idle';
  // One look at a time, so that a file system that hangs blocks one thread, not one a second.
  const look = async (): Promise<void> => {
    if (state !== 'idle') return;
    state = 'looking';
    const identity = await identityOf(directory);
    if (wasClosed()) return;
    state = 'idle';
    const before = armedFor;
    armedFor = identity;
    if (before === null || identity === before) return;
    watcher.close().catch(onError);
    watcher = arm();
    wake.soon();
  };
  // A function, because the type checker assumes that `state` does not change during the look.
  const wasClosed = (): boolean => state === 'closed';
  void look();
  const rearm = setInterval(() => void look(), REARM_MS);
  rearm.unref();

  function arm(): FSWatcher {
    const next = watch(directory, {
      depth: 0,
      ignoreInitial: true,
      ignorePermissionErrors: true,
      atomic: false,
      ignored: (candidate) => candidate !== directory && candidate !== file,
    });
    next.on('all', (_event, at) => {
      if (resolve(at) === file) wake.soon();
    });
    // Kubernetes swaps the symlink `..data` beside the file, for which chokidar has a raw event only.
    next.on('raw', (_event, name) => {
      if (name === null || name === basename(file) || name.startsWith('..')) wake.soon();
    });
    next.on('error', onError);
    return next;
  }

  return {
    async close() {
      state = 'closed';
      clearInterval(rearm);
      wake.cancel();
      await watcher.close();
      wake.cancel();
    },
  };
}

/** Changes when the directory goes, comes or is replaced. The time of birth counts, as inode numbers are reused. */
async function identityOf(directory: string): Promise<string> {
  try {
    const stats = await stat(directory, { bigint: true });
    return [stats.dev, stats.ino, stats.birthtimeNs].join(':');
  } catch {
    return 'absent';
  }
}

interface Coalesced {
  soon(): void;
  cancel(): void;
}

/** Makes one call of many: after `quietMs` without another, at the latest `MAX_DELAY_MS` after the first. */
function coalesce(call: () => void, quietMs: number): Coalesced {
  let timer: NodeJS.Timeout | undefined;
  let deadlineMs = 0;
  return {
    soon() {
      const nowMs = performance.now();
      if (timer === undefined) deadlineMs = nowMs + Math.max(MAX_DELAY_MS, 2 * quietMs);
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          timer = undefined;
          call();
        },
        Math.max(0, Math.min(quietMs, deadlineMs - nowMs)),
      );
    },
    cancel() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
