import { close, fsync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Puts files, and their names, on the disk while the daemon goes on. A sync takes as long as the disk is busy with other
 * files: of 3 s each, waited for, a hung uplink had its successor after 27 s in place of 5 (measured). One sync of a path
 * at a time; what is asked for meanwhile follows. A file system that cannot sync is left to itself.
 */
export class BackgroundSync {
  /** The paths being synced, and whether each is to be synced once more. */
  readonly #again = new Map<string, boolean>();

  request(path: string): void {
    const isRunning = this.#again.has(path);
    this.#again.set(path, isRunning);
    if (isRunning) return;
    sync(path, () =>
      sync(dirname(path), () => {
        const isWanted = this.#again.get(path) === true;
        this.#again.delete(path);
        if (isWanted) this.request(path);
      }),
    );
  }
}

function sync(path: string, done: () => void): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    // Deleted meanwhile.
    done();
    return;
  }
  fsync(descriptor, () => close(descriptor, done));
}
