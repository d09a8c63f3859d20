import { closeSync, openSync, readSync } from 'node:fs';
import { errorCode } from './errors.ts';

/** Reading one file: its text, or why not. `gone`: the process or file is no more. */
export type Read =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly code: string; readonly why: string };

const CHUNK_BYTES = 65_536;
/** The table of TCP sockets has 150 bytes a line: some 50,000 lines are read. */
const MOST_BYTES = 8 * 1024 * 1024;
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);

/** Reads a file of `/proc`, at most 8 MiB of it. Synchronous on purpose: it never touches a disk, and a thread pool costs more. */
export function readProc(path: string): Read {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const parts: Buffer[] = [];
    let length = 0;
    while (length < MOST_BYTES) {
      const got = readSync(fd, chunk, 0, CHUNK_BYTES, null);
      if (got === 0) break;
      parts.push(Buffer.from(chunk.subarray(0, got)));
      length += got;
    }
    return { kind: 'text', text: Buffer.concat(parts, length).toString('utf8') };
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ESRCH'
      ? { kind: 'gone' }
      : { kind: 'refused', code, why: `${path}: ${code}` };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
