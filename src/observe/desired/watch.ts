import { type FSWatcher, watch } from 'chokidar';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { errorMessage } from '../../system/errors.ts';

/** Wakes come in bursts (an editor's save is three or four events); one wake per burst is enough. */
const QUIET_MS = 50;
/** A file that is written without pause must not put the wake off for ever. */
const MAX_DELAY_MS = 500;
/** inotify is silent when the directory itself is replaced, so now and then somebody has to look whether it is still the same. */
const REARM_MS = 1000;

export interface WatchOptions {
  /** Told what went wrong (no more inotify watches, for one); the watch then may stay silent, and polling has to do. */
  readonly onError?: (message: string) => void;
  /** Wake only after this long without an event; matches the reader's `settleMs`. Milliseconds, default 50. */
  readonly quietMs?: number;
}

export interface DesiredWatch {
  /** Ends the watch; no wake comes after it. */
  close(): Promise<void>;
}

/**
 * Calls `onChange` soon after the file may have changed: a wake-up, nothing more. It can come without a change, and some
 * changes are told late (a swapped directory, up to a second) or never, so the caller has to look now and then regardless.
 * Of the directory only the file itself is watched, whatever else lies in it.
 */
export function watchDesired(path: string, onChange: () => void, options: WatchOptions = {}): DesiredWatch {
  const file = resolve(path);
  const directory = dirname(file);
  const wake = coalesce(onChange, options.quietMs ?? QUIET_MS);
  const onError = (error: unknown): void => options.onError?.(errorMessage(error));

  let armedFor: string | null = null;
  let watcher = arm();
  let state: 'idle' | 'looking' | 'closed' = 'idle';
  // One look at a time: a file system that hangs takes one thread, not one a second.
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
  // A function, because the type checker takes for granted that `state` stays what it is while a look is under way.
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
    // Kubernetes swaps the symlink `..data` beside the file; chokidar sees that, but has no event of its own for it.
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

/** Changes when the directory goes, comes, or is another one; the time of birth, since inode numbers are used again. */
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

/** One call for many: after `quietMs` without another, but at the latest `MAX_DELAY_MS` after the first. */
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
