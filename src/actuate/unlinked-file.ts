import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A descriptor of a file that holds this text and has no name any more: it can be handed to a child, which opens
 * `/proc/self/fd/N`, and is gone with it. Tries memory first, then the given directory. Throws where none can be written.
 */
export function unlinkedFile(text: string, dir: string): number {
  const name = `.stream-controller-${randomBytes(12).toString('hex')}`;
  let failure: unknown;
  for (const place of ['/dev/shm', dir, tmpdir()]) {
    const path = join(place, name);
    let fd: number | undefined;
    try {
      fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
      unlinkSync(path);
      writeFileSync(fd, text);
      return fd;
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
      failure = error;
    }
  }
  throw failure;
}
