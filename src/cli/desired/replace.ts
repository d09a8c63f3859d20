import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeDaemonLock } from '../../state/daemon-lock.ts';

/** What a symlink leads to is edited, not the link replaced. Throws where there is no file. */
export function openDesired(configDir: string): { readonly path: string; readonly bytes: Buffer } {
  const path = realpathSync(join(configDir, 'desired.yaml'));
  return { path, bytes: readFileSync(path) };
}

/** The file is under the eyes of git, whose next pull may stop at a change that is not committed. */
export const isInCheckout = (path: string): boolean => existsSync(join(dirname(path), '.git'));

/** The new text in place of the old, by one rename, and on the disk before it counts; owner and mode stay. Throws, and changes nothing, where that cannot be. */
export function replaceDesired(path: string, old: Uint8Array, text: string): void {
  const { mode, uid, gid } = statSync(path);
  const temporary = join(dirname(path), `.desired.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fchownSync(file, uid, gid);
      fchmodSync(file, mode & 0o7777);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // An editor knows nothing of the lock.
    if (!readFileSync(path).equals(old)) throw new Error('somebody else has just changed it; look, and try again');
    renameSync(temporary, path);
    const directory = openSync(dirname(path), 'r');
    fsyncSync(directory);
    closeSync(directory);
  } finally {
    rmSync(temporary, { force: true });
  }
}

const LOCK_WITHIN_MS = 30_000;
const TRY_EVERY_MS = 50;

/**
 * Runs this while no other `streamctl set` does for the same directory, so that edits come one after the other. The lock
 * is the kernel's, on an abstract socket: nothing is left of one whose holder was killed. Throws when it cannot be had for 30 s.
 */
export async function whileLocked<T>(configDir: string, work: () => Promise<T>): Promise<T> {
  const { dev, ino } = statSync(configDir, { bigint: true });
  const deadlineMs = performance.now() + LOCK_WITHIN_MS;
  for (;;) {
    const lock = await takeDaemonLock(`set-${dev}-${ino}`);
    if (lock !== null) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (performance.now() >= deadlineMs) throw new Error('another edit has not ended for 30 s');
    await sleep(TRY_EVERY_MS);
  }
}
