import { closeSync, openSync, readSync } from 'node:fs';

/** Reading one file: its text, or why not. `gone`: the process or file is no more. */
export type Read =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly why: string };

const buffer = Buffer.allocUnsafe(262_144);

/**
 * Reads a small file of `/proc` at once, at most 256 KiB of it. Synchronous on purpose: these reads never touch a disk,
 * and a thread pool costs more than they do.
 */
export function readProc(path: string): Read {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    let length = 0;
    for (;;) {
      const got = readSync(fd, buffer, length, buffer.length - length, null);
      length += got;
      if (got === 0 || length === buffer.length) break;
    }
    return { kind: 'text', text: buffer.toString('utf8', 0, length) };
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ESRCH' ? { kind: 'gone' } : { kind: 'refused', why: `${path}: ${code}` };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
