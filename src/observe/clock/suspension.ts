import { parseProcStat } from '../../system/proc-stat.ts';
import { readProc } from '../../system/proc.ts';
import { monotonicMs } from './moment.ts';

/** One tick: the kernel's USER_HZ is 100 on every architecture that Node runs on (proc_pid_stat(5), starttime). */
export const TICK_MS = 10;

/** Beyond this difference `/proc/uptime` is another clock. A machine that is busy while this process starts causes less. */
const ANOTHER_CLOCK_MS = 5_000;

/**
 * For how long the machine has been suspended since boot: by how much the clock of `/proc/PID/stat` is ahead of the monotonic
 * one. `/proc/uptime` shows that clock, but in LXC the container's age instead, by which every process would start in the
 * future. So the start of this process on both clocks decides whether `/proc/uptime` counts; if not, only its growth does.
 */
export class SuspensionClock {
  readonly #ownMs: number | null;
  /** By how much `/proc/uptime` is ahead of the clock of `/proc/PID/stat`; null = not read yet. */
  #aheadMs: number | null = null;
  #lastMs: number | null = null;

  /** `nowMs`: by the monotonic clock. `ageMs`: the age of this process. */
  constructor(nowMs = monotonicMs(), ageMs = Math.round(performance.now())) {
    const stat = readProc('/proc/self/stat');
    const startTicks = stat.kind === 'text' ? (parseProcStat(stat.text)?.startTicks ?? null) : null;
    this.#ownMs = startTicks === null ? null : startTicks * TICK_MS - (nowMs - ageMs);
    this.look(nowMs);
  }

  /** Milliseconds, never fewer than before; null = could not be read so far. */
  look(nowMs: number): number | null {
    const uptime = uptimeMs();
    if (uptime === null) return (this.#lastMs ??= this.#ownMs);
    const toldMs = uptime - nowMs;
    const offMs = this.#ownMs === null ? 0 : toldMs - this.#ownMs;
    this.#aheadMs ??= Math.abs(offMs) > ANOTHER_CLOCK_MS ? offMs : 0;
    return (this.#lastMs = Math.max(this.#lastMs ?? -Infinity, toldMs - this.#aheadMs));
  }
}

/** What `/proc/uptime` says, milliseconds; null = could not be read. */
function uptimeMs(): number | null {
  const uptime = readProc('/proc/uptime');
  const seconds = uptime.kind === 'text' ? Number.parseFloat(uptime.text) : Number.NaN;
  return Number.isFinite(seconds) ? seconds * 1_000 : null;
}
