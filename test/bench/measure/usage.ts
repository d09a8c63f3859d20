import { readdirSync, readFileSync } from 'node:fs';

/** The processor time of a group of processes that come and go, from the making of the meter on. */
export class UsageMeter {
  readonly #pids: () => readonly number[];
  readonly #before = new Map<number, number>();
  readonly #last = new Map<number, number>();

  constructor(pids: () => readonly number[]) {
    this.#pids = pids;
    for (const pid of pids()) this.#before.set(pid, cpuS(pid) ?? 0);
  }

  /** Seconds so far. To be asked twice a second: what a process uses between the last look and its end is not seen. */
  cpuS(): number {
    for (const pid of this.#pids()) {
      const seconds = cpuS(pid);
      if (seconds !== null) this.#last.set(pid, seconds);
    }
    return [...this.#last].reduce((sum, [pid, seconds]) => sum + seconds - (this.#before.get(pid) ?? 0), 0);
  }
}

/** Memory of these processes, MB of 10^6 bytes: their own, and their share of what they have in common with others. */
export function pssMb(pids: readonly number[]): number {
  const kib = pids.map((pid) => /^Pss:\s+(\d+) kB$/m.exec(read(pid, 'smaps_rollup') ?? '')?.[1] ?? '0');
  return (kib.reduce((sum, text) => sum + Number(text), 0) * 1024) / 1e6;
}

/**
 * Time on a processor of all its threads, seconds, to the nanosecond (/proc/PID/task/TID/schedstat); `stat` counts in steps
 * of 10 ms. null = it is gone.
 */
function cpuS(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => read(pid, `task/${thread}/schedstat`) ?? '0');
    return threads.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0) / 1e9;
  } catch {
    return null;
  }
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined; // it ended in between
  }
}
