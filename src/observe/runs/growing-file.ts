import { closeSync, fstatSync, openSync, readSync, truncateSync } from 'node:fs';

/** What a look at the file brought. */
type News =
  | {
      readonly kind: 'read';
      /** Written since the last look. */
      readonly bytes: Buffer;
      /** Something was left out before these bytes. */
      readonly skipped: boolean;
      /** The file was emptied then, and what was written in that moment is lost. */
      readonly emptied: boolean;
    }
  | { readonly kind: 'unreadable'; readonly exists: boolean };

interface Bounds {
  /** A longer piece is read from its end only. */
  readonly readAtMostBytes: number;
  /** The file is emptied when it takes more than this on disk. */
  readonly largestOnDiskBytes: number;
}

/** Follows a file that FFmpeg writes on, and keeps it small: FFmpeg has it open for appending. Never throws. */
export class GrowingFile {
  readonly #path: string;
  readonly #bounds: Bounds;
  #offset = 0;

  constructor(path: string, bounds: Bounds) {
    this.#path = path;
    this.#bounds = bounds;
  }

  read(): News {
    let fd: number | undefined;
    try {
      fd = openSync(this.#path, 'r');
      const { size, blocks } = fstatSync(fd);
      if (size < this.#offset) this.#offset = 0;
      const from = Math.max(this.#offset, size - this.#bounds.readAtMostBytes);
      const skipped = from > this.#offset;
      const buffer = Buffer.alloc(size - from);
      const got = buffer.length === 0 ? 0 : readSync(fd, buffer, 0, buffer.length, from);
      this.#offset = from + got;
      // By what it takes on disk: a run of an earlier version writes on at its offset, behind a hole.
      const emptied = blocks * 512 > this.#bounds.largestOnDiskBytes;
      if (emptied) {
        truncateSync(this.#path, 0);
        this.#offset = 0;
      }
      return { kind: 'read', bytes: buffer.subarray(0, got), skipped, emptied };
    } catch {
      return { kind: 'unreadable', exists: fd !== undefined };
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }
}
