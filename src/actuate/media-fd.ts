import { closeSync, constants, fstatSync, openSync } from 'node:fs';

/** A descriptor to read an object from. Throws where it is no file: a FIFO put in its place must not block us. */
export function openMedia(path: string): number {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error('the object is not a file');
}
