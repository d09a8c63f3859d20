import { type ProcessIo, readProcessIo } from './io.ts';
import { isReservoir } from './reservoir.ts';
import type { MarkedProcess } from './table.ts';
import type { Gate, GateFlow } from '../../reconcile/model/run.ts';
import { readProc } from '../../system/proc.ts';

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

/** The process of the run that is neither its FFmpeg nor its reservoir; while that is not told, what is in line. */
export function gateOf(processes: readonly MarkedProcess[], { holders, waiters }: LockQueue): Gate | null {
  const others = processes.filter((process) => process.pid !== process.sid && !isReservoir(process));
  const found = others.find(({ pid }) => holders.includes(pid) || waiters.includes(pid)) ?? others[0];
  if (found === undefined) return null;
  const { pid, startTicks } = found;
  const place = holders.includes(pid) ? 'holder' : waiters.includes(pid) ? 'waiter' : 'neither';
  return { pid, startTicks, place, flow: flowOf(pid) };
}

/**
 * By `wchan`, and by bytes where it tells nothing. Not by bytes first: a `cat` of uutils that starves after it was held
 * still counts a block read and never written, as splice(2) is not counted (measured with 0.0.17).
 */
function flowOf(pid: number): GateFlow {
  const wchan = readProc(`/proc/${pid}/wchan`);
  const isTold = wchan.kind === 'text' && wchan.text !== NOTHING_TOLD;
  return isTold ? flowOfWchan(wchan.text) : flowOfBytes(readProcessIo(pid));
}

/** What `wchan` says of a process that runs, and of every one where the kernel hides or cannot name it. */
const NOTHING_TOLD = '0';
/** More than a `cat` reads of itself, libraries and all (6,976 measured), and less than it has in hand when it is held. */
const IN_HAND_BYTES = 16_384;

/**
 * What a gate has in hand, as a flow: one that is held has read a block that it cannot write. null, and a gate that has
 * written nothing: `cat` moves bytes by splice(2), which no counter shows, so that nothing is known.
 */
export function flowOfBytes(io: ProcessIo | null): GateFlow {
  if (io === null || io.writtenBytes === 0) return 'moving';
  return io.readBytes - io.writtenBytes >= IN_HAND_BYTES ? 'held' : 'starved';
}

/**
 * Where the kernel has the gate wait, as a flow. In read(2) and write(2) it is `pipe_read` and `pipe_write`, in
 * Linux 6.18 with `anon_` or `fifo_` before it; in splice(2), which the `cat` of uutils uses, it is `pipe_wait_readable`
 * and `pipe_wait_writable` (fs/pipe.c). In line it waits in `locks_lock_inode_wait`.
 */
export function flowOfWchan(wchan: string): GateFlow {
  if (/pipe_read|pipe_wait_readable/.test(wchan)) return 'starved';
  return /pipe_write|pipe_wait_writable|lock/.test(wchan) ? 'held' : 'moving';
}
