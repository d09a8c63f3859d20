import { parseProcStat } from '../../system/proc-stat.ts';
import { readProc } from '../../system/proc.ts';
import { monotonicMs } from './moment.ts';

/** Kernel's USER_HZ is 100 on every architecture Node runs on (proc_pid_stat(5), starttime). */
export const TICK_MS = 10;

/** A clock of its own is off by a boot; a machine that is busy while this process starts, by less than this. */
const ANOTHER_CLOCK_MS = 5_000;

/**
 * For how long the machine has been suspended since boot: what the clock of `/proc/PID/stat` is ahead of the monotonic
 * one. `/proc/uptime` tells it, but in LXC that file shows the container's age, and by it every process would start in the
 * future. So this process's own start, on both clocks, says whether to believe it; if not, only its growth is.
 */
export class SuspensionClock {
  readonly #ownMs: number | null;
  /** What `/proc/uptime` is ahead of the clock of `/proc/PID/stat`; null = not read yet. */
  #aheadMs: number | null = null;
  #lastMs: number | null = null;

  /** `nowMs` by the monotonic clock; `ageMs`: of this process. */
  constructor(nowMs = monotonicMs(), ageMs = Math.round(performance.now())) {
    const stat = readProc('/proc/self/stat');
    const startTicks = stat.kind === 'text' ? (parseProcStat(stat.text)?.startTicks ?? null) : null;
    this.#ownMs = startTicks === null ? null : startTicks * TICK_MS - (nowMs - ageMs);
    this.look(nowMs);
  }

  /** Milliseconds, never fewer than before; null = nothing tells (yet). A read that fails is made up for by the next. */
  look(nowMs: number): number | null {
    const uptime = uptimeMs();
    if (uptime === null) return (this.#lastMs ??= this.#ownMs);
    const toldMs = uptime - nowMs;
    const offMs = this.#ownMs === null ? 0 : toldMs - this.#ownMs;
    this.#aheadMs ??= Math.abs(offMs) > ANOTHER_CLOCK_MS ? offMs : 0;
    return (this.#lastMs = Math.max(this.#lastMs ?? -Infinity, toldMs - this.#aheadMs));
  }
}

/** Milliseconds since boot, suspension included, as far as that file is the machine's; null = it could not be read. */
function uptimeMs(): number | null {
  const uptime = readProc('/proc/uptime');
  const seconds = uptime.kind === 'text' ? Number.parseFloat(uptime.text) : Number.NaN;
  return Number.isFinite(seconds) ? seconds * 1_000 : null;
}
