import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Replaces a file, whole or not at all, mode 0600 unless another is given. Throws where that cannot be, and the old text stays. Not by a
 * library: write-file-atomic takes a short write on a nearly full disk for success and puts a truncated file in place
 * of the good one (measured, version 8). Not synced: for what may be lost to a power cut.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o600): void {
  replaceFile(path, content, mode, () => undefined);
}

/** The same, on the disk by the time it returns: a power cut leaves the old text or the new one, never none. */
export function writeFileDurably(path: string, content: string | Uint8Array): void {
  replaceFile(path, content, 0o600, fsyncSync);
  syncDirectory(dirname(path));
}

/** So that the new name lasts, too. Not every file system can do it, and then the file is there all the same. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } catch {
    // The text is on the disk, under the old name or the new one.
  } finally {
    closeSync(directory);
  }
}

function replaceFile(
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
    // The name of the moment would make each failure look like a new one.
    throw error instanceof Error ? new Error(error.message.replaceAll(temporary, path), { cause: error }) : error;
  }
}
