import { type ProcessIo, readProcessIo } from './io.ts';
import { isReservoir } from './reservoir.ts';
import type { MarkedProcess } from './table.ts';
import type { Gate, GateFlow } from '../../reconcile/model/run.ts';
import { readProc } from '../../system/proc.ts';

/** The PIDs that hold and that wait for a lock. */
interface LockQueue {
  readonly holders: readonly number[];
  /** In the order of the kernel's list. */
  readonly waiters: readonly number[];
}

/**
 * Parses `/proc/locks` for these processes, each of which takes one lock only. Inode and device are not compared: on overlayfs
 * and btrfs the device differs from that of `stat`, and a deleted lock file still has its holder.
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

/** The gate among the processes of a run: neither FFmpeg nor reservoir; if there are several, the one that holds or waits. */
export function gateOf(processes: readonly MarkedProcess[], { holders, waiters }: LockQueue): Gate | null {
  const others = processes.filter((process) => process.pid !== process.sid && !isReservoir(process));
  const found = others.find(({ pid }) => holders.includes(pid) || waiters.includes(pid)) ?? others[0];
  if (found === undefined) return null;
  const { pid, startTicks } = found;
  const place = holders.includes(pid) ? 'holder' : waiters.includes(pid) ? 'waiter' : 'neither';
  return { pid, startTicks, place, flow: flowOf(pid) };
}

/**
 * By `wchan`, and by bytes where `wchan` says nothing. Not by bytes first: for a `cat` of uutils that starves after it was held,
 * one block counts as read and never written, as splice(2) is not counted (measured with 0.0.17).
 */
function flowOf(pid: number): GateFlow {
  const wchan = readProc(`/proc/${pid}/wchan`);
  const isTold = wchan.kind === 'text' && wchan.text !== NOTHING_TOLD;
  return isTold ? flowOfWchan(wchan.text) : flowOfBytes(readProcessIo(pid));
}

/** `wchan` of a running process, and of every process where the kernel hides it or cannot name it. */
const NOTHING_TOLD = '0';
/** More than `cat` reads before its input, such as libraries (6,976 measured), and less than the block that a held `cat` cannot write. */
const IN_HAND_BYTES = 16_384;

/**
 * The flow by bytes: a gate that is held has read a block that it cannot write. Nothing is known, which counts as `moving`,
 * without counts and for a gate that has written nothing: its `cat` moves bytes by splice(2), which is not counted.
 */
export function flowOfBytes(io: ProcessIo | null): GateFlow {
  if (io === null || io.writtenBytes === 0) return 'moving';
  return io.readBytes - io.writtenBytes >= IN_HAND_BYTES ? 'held' : 'starved';
}

/**
 * The flow by the function of the kernel in which the gate waits. In read(2) and write(2) that is `pipe_read` and `pipe_write`, in
 * Linux 6.18 with `anon_` or `fifo_` before it; in splice(2), which the `cat` of uutils uses, it is `pipe_wait_readable`
 * and `pipe_wait_writable` (fs/pipe.c). In line it waits in `locks_lock_inode_wait`.
 */
export function flowOfWchan(wchan: string): GateFlow {
  if (/pipe_read|pipe_wait_readable/.test(wchan)) return 'starved';
  return /pipe_write|pipe_wait_writable|lock/.test(wchan) ? 'held' : 'moving';
}
