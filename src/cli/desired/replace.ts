import { existsSync, fchmodSync, fchownSync, fsyncSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeDaemonLock } from '../../state/daemon-lock.ts';
import { replaceFile, syncDirectory } from '../../system/atomic-file.ts';

/** The file to edit: that which a symlink leads to, so that the link stays. Throws where there is no file. */
export function openDesired(configDir: string): { readonly path: string; readonly bytes: Buffer } {
  const path = realpathSync(join(configDir, 'desired.yaml'));
  return { path, bytes: readFileSync(path) };
}

/** Whether the file is in a git checkout, whose next pull may stop at a change that is not committed. */
export const isInCheckout = (path: string): boolean => existsSync(join(dirname(path), '.git'));

/**
 * Puts the new text in place of the old by one rename, once it is on the disk; owner and mode stay. Throws, and changes
 * nothing, where that cannot be done or the file no longer holds the bytes `old`.
 */
export function replaceDesired(path: string, old: Uint8Array, text: string): void {
  const { mode, uid, gid } = statSync(path);
  replaceFile(path, text, 0o600, (file) => {
    fchownSync(file, uid, gid);
    fchmodSync(file, mode & 0o7777);
    fsyncSync(file);
    // An editor does not ask for the lock of `whileLocked`.
    if (!readFileSync(path).equals(old)) throw new Error('somebody else has just changed it; look, and try again');
  });
  syncDirectory(dirname(path));
}

const LOCK_WITHIN_MS = 30_000;
const TRY_EVERY_MS = 50;

/**
 * Runs `work` while no other `streamctl set` works on the same directory, so that edits come one after the other. The lock
 * is an abstract socket, which the kernel removes when its holder dies. Throws when it cannot be had for 30 s.
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
