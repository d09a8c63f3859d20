import { readdirSync, readlinkSync } from 'node:fs';
import { absent, known, type Observed, unknown } from '../../reconcile/model/observed.ts';
import type { SendQueue } from '../../reconcile/model/run.ts';
import { errorCode } from '../../system/errors.ts';
import { readProc } from '../../system/proc.ts';

/** What the kernel holds of a process's connections. */
export interface QueueState {
  /** Unacknowledged or unsent. */
  readonly queuedBytes: number;
  /** Received, and not yet read by the process. */
  readonly unreadBytes: number;
  /** The kernel retransmits, or probes the peer's window: bytes in flight are not acknowledged in time. */
  readonly stuck: boolean;
}

const TCP_LISTEN = '0A';
/** Timer "zero window probe", see Documentation/networking/proc_net_tcp.rst. */
const PROBES_WINDOW = '04';

/**
 * Parses `/proc/net/tcp` for the sockets with these inodes; null = none of them is a connection. The kernel gives the table in
 * pieces of 4 KiB, and lists a socket twice where others come and go meanwhile (66 times in 1,600, measured): the last line counts.
 */
export function parseSendQueues(text: string, inodes: ReadonlySet<string>): QueueState | null {
  const found = new Map<string, QueueState>();
  for (const line of text.split('\n')) {
    const [, , , status, queues, timer, retransmits, , probes, inode] = line.trim().split(/\s+/);
    if (inode === undefined || !inodes.has(inode) || status === TCP_LISTEN) continue;
    const [queuedBytes = Number.NaN, unreadBytes = Number.NaN] =
      queues?.split(':').map((bytes) => Number.parseInt(bytes, 16)) ?? [];
    if (!Number.isFinite(queuedBytes) || !Number.isFinite(unreadBytes)) continue;
    const stuck =
      timer?.startsWith(`${PROBES_WINDOW}:`) === true ||
      Number.parseInt(retransmits ?? '', 16) > 0 ||
      Number(probes) > 0;
    found.set(inode, { queuedBytes, unreadBytes, stuck });
  }
  return sum([...found.values()]);
}

/** The TCP connections of one process, which are of one family; absent = it has none. */
export function readSendQueue(pid: number): Observed<QueueState> {
  const inodes = new Set<string>();
  try {
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      const match = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${name}`));
      if (match !== null) inodes.add(match[1]!);
    }
  } catch (error) {
    return isGone(error) ? absent : unknown(`/proc/${pid}/fd: ${errorCode(error)}`);
  }
  if (inodes.size === 0) return absent;
  let state: Observed<QueueState> = absent;
  // With a large hash each table costs the kernel milliseconds, so the second one is read only if need be.
  for (const family of ['tcp', 'tcp6']) {
    const table = readProc(`/proc/${pid}/net/${family}`);
    const found = table.kind === 'text' ? parseSendQueues(table.text, inodes) : null;
    if (found !== null) return known(found);
    // A kernel without IPv6 has no such table, and a process that has just ended has none at all.
    if (table.kind === 'refused') state = unknown(table.why);
  }
  return state;
}

function sum(states: readonly QueueState[]): QueueState | null {
  if (states.length === 0) return null;
  return {
    queuedBytes: states.reduce((total, { queuedBytes }) => total + queuedBytes, 0),
    unreadBytes: states.reduce((total, { unreadBytes }) => total + unreadBytes, 0),
    stuck: states.some(({ stuck }) => stuck),
  };
}

/** The target of this descriptor; '' = it was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isGone(error)) return '';
    throw error;
  }
}

const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes(errorCode(error));

/** Follows for how long nothing has been acknowledged, from look to look. */
export class SendQueueTracker {
  #okAtMs: number | null = null;
  #lastQueued = 0;

  update({ queuedBytes, stuck }: Omit<QueueState, 'unreadBytes'>, nowMs: number): SendQueue {
    // Bytes in flight without retransmission are acknowledged in time; a queue that shrinks was acknowledged in part.
    if (this.#okAtMs === null || queuedBytes === 0 || !stuck || queuedBytes < this.#lastQueued) this.#okAtMs = nowMs;
    this.#lastQueued = queuedBytes;
    return { queuedBytes, unackedMs: nowMs - this.#okAtMs };
  }

  /** The queue could not be read, so the time is counted anew. */
  lose(): void {
    this.#okAtMs = null;
  }
}

/** A queue that is acknowledged in time is read less often: the kernel may take 10 ms to answer. */
const CALM_QUEUE_EVERY_MS = 1_900;
/** Longer than two looks at a calm queue may lie apart (1.9 s and a pass of 1 s), and one pass more. */
const QUEUE_STANDS_IN_MS = 4_000;

/** The send queue of one uplink, from look to look. */
export class SendQueueWatch {
  readonly #tracker = new SendQueueTracker();
  #last: Observed<SendQueue> = absent;
  #readAtMs = 0;
  #knownAtMs = 0;

  read(pid: number, nowMs: number): Observed<SendQueue> {
    const isCalm = this.#last.kind === 'known' && this.#last.value.unackedMs === 0;
    if (isCalm && nowMs - this.#readAtMs < CALM_QUEUE_EVERY_MS) return this.#last;
    const queue = readSendQueue(pid);
    this.#readAtMs = nowMs;
    if (queue.kind === 'known') {
      this.#knownAtMs = nowMs;
      return (this.#last = known(this.#tracker.update(queue.value, nowMs)));
    }
    this.#tracker.lose();
    // After a read that fails once the last answer stands for a moment.
    const isRecent = this.#last.kind === 'known' && nowMs - this.#knownAtMs < QUEUE_STANDS_IN_MS;
    return queue.kind === 'absent' || !isRecent ? (this.#last = queue) : this.#last;
  }
}
