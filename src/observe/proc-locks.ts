/** Who holds and who waits for a lock, as PIDs. */
export interface LockQueue {
  readonly holders: readonly number[];
  /** In the order of the kernel's list. */
  readonly waiters: readonly number[];
}

/**
 * Reads `/proc/locks` for these processes, each of which takes one lock only. Neither inode nor device is compared: the
 * device differs from what `stat` says on overlayfs and btrfs, and a deleted lock file still has its holder.
 */
export function parseProcLocks(text: string, pids: ReadonlySet<number>): LockQueue {
  const holders: number[] = [];
  const waiters: number[] = [];
  for (const line of text.split('\n')) {
    const match = /^\d+:( +->)? +FLOCK\s+\S+\s+WRITE (\d+) /.exec(line);
    if (match === null || !pids.has(Number(match[2]))) continue;
    (match[1] === undefined ? holders : waiters).push(Number(match[2]));
  }
  return { holders, waiters };
}
