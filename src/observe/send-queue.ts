import { readdirSync, readlinkSync } from 'node:fs';
import type { SendQueue } from '../reconcile/run.ts';
import { readProc } from './proc-files.ts';

/** Bytes the kernel holds for the peer, unacknowledged or unsent, for the sockets with these inodes; null = none of them is a connection. */
export function parseSendQueues(text: string, inodes: ReadonlySet<string>): number | null {
  let queuedBytes: number | null = null;
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const inode = fields[9];
    const state = fields[3];
    if (inode === undefined || !inodes.has(inode) || state === TCP_LISTEN) continue;
    const queued = Number.parseInt(fields[4]?.split(':')[0] ?? '', 16);
    if (Number.isFinite(queued)) queuedBytes = (queuedBytes ?? 0) + queued;
  }
  return queuedBytes;
}

const TCP_LISTEN = '0A';

/** `tx_queue` over all TCP connections of one process; null = it has none, or they cannot be seen. */
export function readQueuedBytes(pid: number): number | null {
  const inodes = new Set<string>();
  try {
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      const match = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${name}`));
      if (match !== null) inodes.add(match[1]!);
    }
  } catch {
    return null;
  }
  if (inodes.size === 0) return null;
  let queuedBytes: number | null = null;
  for (const family of ['tcp', 'tcp6']) {
    const table = readProc(`/proc/${pid}/net/${family}`);
    const queued = table.kind === 'text' ? parseSendQueues(table.text, inodes) : null;
    if (queued !== null) queuedBytes = (queuedBytes ?? 0) + queued;
  }
  return queuedBytes;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** What FFmpeg says to have sent is up to a second old, so estimates of what was acknowledged are off by a second of stream. */
const RATE_WINDOW_MS = 2_000;
const LEAST_MARGIN_BYTES = 32_768;

/** Tells a queue that drains from one that only fills, from pass to pass. */
export class SendQueueTracker {
  #okAtMs: number | null = null;
  #ackedAtOk = 0;
  #lastQueued = 0;
  #sent: { readonly bytes: number; readonly atMs: number }[] = [];

  /** `sentBytes`: what FFmpeg says to have sent so far. What it sent and the kernel no longer holds, the peer has acknowledged. */
  update(queuedBytes: number, sentBytes: number, nowMs: number): SendQueue {
    const acked = sentBytes - queuedBytes;
    const margin = this.#bytesPerSecond(sentBytes, nowMs) * 1.3 + LEAST_MARGIN_BYTES;
    const drains = queuedBytes === 0 || queuedBytes < this.#lastQueued || acked > this.#ackedAtOk + margin;
    if (this.#okAtMs === null || drains) {
      this.#okAtMs = nowMs;
      this.#ackedAtOk = acked;
    }
    this.#lastQueued = queuedBytes;
    return { queuedBytes, unackedMs: nowMs - this.#okAtMs };
  }

  #bytesPerSecond(bytes: number, nowMs: number): number {
    this.#sent = [...this.#sent.filter(({ atMs }) => nowMs - atMs <= RATE_WINDOW_MS), { bytes, atMs: nowMs }];
    const first = this.#sent[0]!;
    const spanMs = nowMs - first.atMs;
    return spanMs <= 0 ? 0 : ((bytes - first.bytes) * 1000) / spanMs;
  }
}
