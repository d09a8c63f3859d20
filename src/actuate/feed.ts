import { execFileSync } from 'node:child_process';
import { closeSync, constants, lstatSync, openSync, readSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type FeedPaths, STATE_FILES } from '../state/files.ts';
import { CHILD_ENV } from '../system/programs.ts';

/**
 * The way from playout to uplink: the FIFO and the two lock files, held open by the daemon for as long as it lives and
 * handed down as descriptors, so that every run uses the same ones even if somebody deletes the names.
 */
export interface Feed {
  /** Open for reading and writing: neither side gets EOF or SIGPIPE when the other ends. */
  readonly fifoFd: number;
  readonly programLockFd: number;
  readonly uplinkLockFd: number;
  close(): void;
}

/**
 * Opens the feed of a state directory, making what is missing. `living`: paths of what runs of an earlier daemon have
 * open, which are tried before the names. Throws where the directory cannot be written.
 */
export function openFeed(stateDir: string, living: Partial<FeedPaths> = {}): Feed {
  ensureFifo(join(stateDir, STATE_FILES.fifo));
  const fds: number[] = [];
  const close = (): void => fds.forEach((fd) => closeSync(fd));
  const keep = (fd: number): number => {
    fds.push(fd);
    return fd;
  };
  /** `livingPath` leads through a run's descriptor, and is gone once that run has ended. */
  const open = (livingPath: string | undefined, flags: number, orElse: () => number): number => {
    try {
      if (livingPath !== undefined) return keep(openSync(livingPath, flags));
    } catch {
      // Then the file is opened by its name.
    }
    return keep(orElse());
  };
  // A lock needs only a file that can be read, so it works on a disk that turned read-only.
  const lock = (name: string, path: string | undefined): number =>
    open(path, constants.O_RDONLY, () => openLock(join(stateDir, name)));
  try {
    return {
      fifoFd: open(living.fifo, constants.O_RDWR, () => openSync(join(stateDir, STATE_FILES.fifo), constants.O_RDWR)),
      programLockFd: lock(STATE_FILES.programLock, living.programLock),
      uplinkLockFd: lock(STATE_FILES.uplinkLock, living.uplinkLock),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function openLock(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return openSync(path, constants.O_RDONLY | constants.O_CREAT, 0o600);
  if (!found.isFile()) throw new Error(`${path} is not a file`);
  return openSync(path, constants.O_RDONLY);
}

function ensureFifo(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFIFO() === true) return;
  if (found !== undefined) unlinkSync(path);
  execFileSync('mkfifo', ['-m', '600', path], { timeout: 5_000, stdio: 'ignore', env: CHILD_ENV });
}

/** Empties the FIFO of what a dead uplink left unread, so that a new uplink does not send it. Never throws. */
export function drainFeed(feed: Feed): void {
  let fd: number | undefined;
  try {
    fd = openSync(`/proc/self/fd/${feed.fifoFd}`, constants.O_RDONLY | constants.O_NONBLOCK);
    const buffer = Buffer.allocUnsafe(65_536);
    for (let read = 0; read < MOST_READS; read++) if (readSync(fd, buffer, 0, buffer.length, null) === 0) return;
  } catch {
    // EAGAIN: the FIFO is empty. Where it cannot be opened, the new uplink sends what is in it, and that is all.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** A bound, as a gate that is blocked refills the FIFO while it is read: 1 MiB, the deepest that uutils' `cat` makes it, and one read more. */
const MOST_READS = 17;
