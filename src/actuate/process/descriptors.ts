import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionResult } from '../../reconcile/ports.ts';
import { errorMessage } from '../../system/errors.ts';

/** Opens files for a child, and closes our descriptors of them when `use` has returned or thrown. null stays null. */
export function withFds(
  files: readonly (string | null | (() => number | null))[],
  use: (fds: readonly (number | null)[]) => ActionResult,
): ActionResult {
  const fds: (number | null)[] = [];
  try {
    for (const file of files) fds.push(typeof file === 'string' ? openMedia(file) : (file?.() ?? null));
    return use(fds);
  } catch (error) {
    return { kind: 'failed', why: errorMessage(error) };
  } finally {
    for (const fd of fds) if (fd !== null) closeSync(fd);
  }
}

/** A descriptor to read an object from. Throws where it is no file: a FIFO put in its place must not block us. */
export function openMedia(path: string): number {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error('the object is not a file');
}

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
