import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Replaces a file, whole or not at all, mode 0600 unless another is given. Throws where that cannot be, and the old text stays. Not by a
 * library: write-file-atomic takes a short write on a nearly full disk for success and puts a truncated file in place
 * of the good one (measured, version 8). Not synced: a state lost to a power cut is rebuilt from what is observed.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.tmp`);
  try {
    writeFileSync(temporary, content, { mode, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    // The name of the moment would make each failure look like a new one.
    throw error instanceof Error ? new Error(error.message.replaceAll(temporary, path), { cause: error }) : error;
  }
}
