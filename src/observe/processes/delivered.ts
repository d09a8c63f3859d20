import { askProgram, CHILD_PATH, findProgram } from '../../system/programs.ts';

/** What the kernel has counted of a connection since it began. */
export interface Delivered {
  /** Acknowledged by the peer. */
  readonly ackedBytes: number;
  /** For how long bytes were in flight or waiting to be sent. */
  readonly busyMs: number;
}

/** Parses what `ss -tinpH` prints: per connection a line with its process, and below it a line of counts. null = no connection of this process. */
export function parseDelivered(text: string, pid: number): Delivered | null {
  const lines = text.split('\n');
  for (const [at, line] of lines.entries()) {
    if (!line.includes(`pid=${pid},`)) continue;
    const counts = lines[at + 1] ?? '';
    const [, acked] = /\bbytes_acked:(\d+)/.exec(counts) ?? [];
    // `ss` leaves it out while it is 0.
    const [, busy = '0'] = /\bbusy:(\d+)ms/.exec(counts) ?? [];
    if (acked !== undefined) return { ackedBytes: Number(acked), busyMs: Number(busy) };
  }
  return null;
}

/** Asks `ss` of iproute2, as no file in /proc has these counts; null = there is no `ss`, or it does not say. */
export async function readDelivered(pid: number, signal: AbortSignal): Promise<Delivered | null> {
  const ss = findProgram('ss', CHILD_PATH);
  if (ss === null) return null;
  const { stdout } = await askProgram(ss, ['-tinpH'], signal);
  return parseDelivered(stdout, pid);
}
