import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { STATE_FILES } from './files.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { BackgroundSync } from './background-sync.ts';
import { errorMessage } from '../system/errors.ts';
import { readText } from '../system/json.ts';

/** Makes the state directory, mode 0700, and answers with its real path. Throws where that cannot be. */
export function makeStateDir(path: string): string {
  makeDirs(path);
  if (!statSync(path).isDirectory()) throw new Error(`${path} is not a directory`);
  // Changed only where needed: on a disk that turned read-only chmod fails.
  if ((statSync(path).mode & 0o777) !== 0o700) chmodSync(path, 0o700);
  return realpathSync(path);
}

/** Not by mkdir's own `recursive`, which never returns where a parent exists and still nothing can be made, as below /proc. */
function makeDirs(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirs(parent);
  mkdirSync(path, { mode: 0o700 });
}

/** The files a daemon leaves for the next one and for people. Every write is whole or not at all, mode 0600. */
export class StateDir {
  readonly #dir: string;
  readonly #written = new Map<string, string>();
  readonly #disk: BackgroundSync;

  constructor(dir: string, disk = new BackgroundSync()) {
    this.#dir = dir;
    this.#disk = disk;
  }

  /** The file's text; null = there is none, or it cannot be read. */
  load(name: string): string | null {
    return readText(join(this.#dir, name));
  }

  /** Writes the file, unless this process wrote the same text last. Answers with what went wrong, or null. */
  save(name: string, text: string): string | null {
    return this.#replace(name, text, () => undefined);
  }

  /**
   * The same for what shall outlive a power cut, too. It is put on the disk meanwhile: until then a power cut costs the change,
   * and `recallText` finds the text before it. A sync that failed is told by the next call of either.
   */
  saveDurably(name: string, text: string): string | null {
    return this.#replace(name, text, (path) => this.#disk.request(path));
  }

  #replace(name: string, text: string, onWritten: (path: string) => void): string | null {
    const path = join(this.#dir, name);
    const syncFailure = this.#disk.failureOf(path);
    if (this.#written.get(name) === text) return syncFailure;
    const failure = this.#attempt(() => {
      writeFileAtomically(path, text);
      this.#written.set(name, text);
      onWritten(path);
    });
    return failure ?? syncFailure;
  }

  /** Deletes the file if it is there. */
  remove(name: string): string | null {
    this.#written.delete(name);
    return this.#attempt(() => rmSync(join(this.#dir, name), { force: true }));
  }

  /** A decimal PID and a newline; null removes the file. */
  savePid(name: string, pid: number | null): string | null {
    // Operators' scripts write and delete PID files, so the file itself is read.
    const found = this.load(name);
    if (pid === null) return found === null ? null : this.remove(name);
    if (found === `${pid}\n`) return null;
    this.#written.delete(name);
    return this.save(name, `${pid}\n`);
  }

  /** Adds one line to the history, which keeps one older file of the same size. */
  appendHistory(line: string): string | null {
    return this.#append(STATE_FILES.history, line);
  }

  /** The same for what was played. */
  appendPlayed(line: string): string | null {
    return this.#append(STATE_FILES.played, line);
  }

  #append(name: string, line: string): string | null {
    const path = join(this.#dir, name);
    return this.#attempt(() => {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      if (size > LARGEST_LINES_BYTES) renameSync(path, `${path}.1`);
      // The last line may have been cut off by a full disk: the next one must not be joined to it.
      appendFileSync(path, `${endsInBreak(path) ? '' : '\n'}${line}\n`, { mode: 0o600 });
    });
  }

  #attempt(write: () => void): string | null {
    try {
      try {
        write();
      } catch (error) {
        if (existsSync(this.#dir)) throw error;
        // The directory was deleted: all that is in it can be made again.
        mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
        this.#written.clear();
        write();
      }
      return null;
    } catch (error) {
      return errorMessage(error);
    }
  }
}

const LARGEST_LINES_BYTES = 4 * 1024 * 1024;

function endsInBreak(path: string): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return true;
  const fd = openSync(path, 'r');
  try {
    const last = Buffer.alloc(1);
    readSync(fd, last, 0, 1, size - 1);
    return last.toString() === '\n';
  } finally {
    closeSync(fd);
  }
}
