import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, errorMessage } from '../system/errors.ts';

/** The name of the last text of a file that surely is on the disk. */
export const syncedPath = (path: string): string => `${path}.synced`;

/**
 * Puts files on the disk while the daemon goes on. A sync takes as long as the disk is busy with other files: of 3 s each,
 * waited for, a hung uplink had its successor after 27 s in place of 5 (measured). A file that is replaced without a sync is
 * empty after a power cut on XFS (measured): so a text that is through keeps a second name, `syncedPath`, until the next is.
 */
export class BackgroundSync {
  readonly #sync: (path: string) => Promise<void>;
  /** The paths being synced, and whether each is to be synced once more. */
  readonly #again = new Map<string, boolean>();
  readonly #failures = new Map<string, string>();

  constructor(sync = syncNow) {
    this.#sync = sync;
  }

  /** Begins to put the file on the disk as it is now. While that goes on, any number of requests are one, for afterwards. */
  request(path: string): void {
    const isRunning = this.#again.has(path);
    this.#again.set(path, isRunning);
    if (!isRunning) void this.#run(path);
  }

  /** Why the last text of the path could not be put on the disk; null = it could, or no attempt has ended. */
  failureOf(path: string): string | null {
    return this.#failures.get(path) ?? null;
  }

  async #run(path: string): Promise<void> {
    try {
      await this.#keep(path);
      this.#failures.delete(path);
    } catch (error) {
      // What was deleted meanwhile needs no sync.
      if (errorCode(error) === 'ENOENT') this.#failures.delete(path);
      else this.#failures.set(path, errorMessage(error));
    }
    const isWanted = this.#again.get(path) === true;
    this.#again.delete(path);
    if (isWanted) this.request(path);
  }

  async #keep(path: string): Promise<void> {
    const pending = `${path}.syncing`;
    // A daemon that died may have left one.
    await rm(pending, { force: true });
    const isLinked = await link(path, pending).then(
      () => true,
      (error: unknown) => {
        if (errorCode(error) === 'ENOENT') throw error;
        return false;
      },
    );
    // A file system without second names has the file synced under its own.
    await this.#sync(isLinked ? pending : path);
    if (isLinked) await rename(pending, syncedPath(path));
    // Not every file system can sync a directory; then the old name or the new one lasts.
    await this.#sync(dirname(path)).catch(() => undefined);
  }
}

/** Ends when the file or directory is on the disk. A file system that cannot sync is left to itself. */
async function syncNow(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (errorCode(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
