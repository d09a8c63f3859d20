import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Replaces a file, whole or not at all; mode 0600 unless another is given. Throws where that fails, and the old text stays.
 * Not synced: for what may be lost to a power cut. No library does it: write-file-atomic takes a short write on a nearly
 * full disk for success and puts a truncated file in place of the good one (measured, version 8).
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o600): void {
  replaceFile(path, content, mode, () => undefined);
}

/** Puts a new name in the directory on the disk. Not every file system can do that; then the old name or the new one lasts. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } catch {
    // The text itself is on the disk.
  } finally {
    closeSync(directory);
  }
}

/** Replaces a file by one rename. `beforeRename` gets the new file's descriptor; where it throws, the old file stays. */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
  beforeRename: (descriptor: number) => void,
): void {
  const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.tmp`);
  try {
    const descriptor = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(descriptor, content);
      beforeRename(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    // With the temporary name every failure would look like a new one, and be logged again.
    throw error instanceof Error ? new Error(error.message.replaceAll(temporary, path), { cause: error }) : error;
  }
}
