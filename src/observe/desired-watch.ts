import { basename, dirname, resolve } from 'node:path';
import { watch } from 'chokidar';

/** Wakes come in bursts (an editor's save is three or four events); one wake per burst is enough. */
const QUIET_MS = 50;
/** A file that is written without pause must not put the wake off for ever. */
const MAX_DELAY_MS = 500;
/** How long until a directory that was deleted is looked for again. */
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
 * changes are never told (a swapped parent directory), so the caller has to look now and then regardless.
 * Of the directory only the file itself is watched, whatever else lies in it.
 */
export function watchDesired(path: string, onChange: () => void, options: WatchOptions = {}): DesiredWatch {
  const file = resolve(path);
  const directory = dirname(file);
  const wake = coalesce(onChange, options.quietMs ?? QUIET_MS);
  let rearm: NodeJS.Timeout | undefined;

  const watcher = watch(directory, {
    depth: 0,
    ignoreInitial: true,
    ignorePermissionErrors: true,
    atomic: false,
    ignored: (candidate) => candidate !== directory && candidate !== file,
  });
  watcher.on('all', (event, at) => {
    if (resolve(at) === file) wake.soon();
    if (event === 'unlinkDir') rearmLater();
  });
  // Kubernetes swaps the symlink `..data` beside the file; chokidar sees that, but has no event of its own for it.
  watcher.on('raw', (_event, name) => {
    if (name === null || name === basename(file) || name.startsWith('..')) wake.soon();
  });
  watcher.on('error', (error) => {
    options.onError?.(error instanceof Error ? error.message : String(error));
  });

  function rearmLater(): void {
    clearTimeout(rearm);
    rearm = setTimeout(() => {
      watcher.unwatch(directory);
      watcher.add(directory);
      wake.soon();
    }, REARM_MS);
    rearm.unref();
  }

  return {
    async close() {
      clearTimeout(rearm);
      wake.cancel();
      await watcher.close();
      wake.cancel();
    },
  };
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
