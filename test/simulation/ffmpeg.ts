import type { Kernel, Program, SimProcess } from './kernel.ts';

/** Why FFmpeg would not get to look at a signal now. */
export type Blocked = 'no' | 'socket' | 'pipe';

/** How FFmpeg takes SIGTERM: at its next packet; blocked on a socket it gives way to the second, on a pipe to the fourth. */
export class TermManners {
  #terms = 0;
  #endsAtMs: number | null = null;

  heard(blocked: Blocked, nowMs: number): void {
    this.#terms++;
    if (this.#endsAtMs !== null) return;
    if (blocked === 'no') this.#endsAtMs = nowMs + 120;
    else if (this.#terms >= (blocked === 'socket' ? 2 : 4)) this.#endsAtMs = nowMs + 20;
  }

  /** It ends now. */
  isDue(blocked: Blocked, nowMs: number): boolean {
    if (this.#endsAtMs === null && this.#terms > 0 && blocked === 'no') this.#endsAtMs = nowMs + 50;
    return this.#endsAtMs !== null && nowMs >= this.#endsAtMs;
  }
}

/** A process that does nothing; what else runs on a machine. */
export function spawnIdle(kernel: Kernel, environ: Readonly<Record<string, string>> = {}): SimProcess {
  let process: SimProcess | null = null;
  const program: Program = {
    onTerm: () => {
      if (process !== null) kernel.end(process, { code: 143, signal: null });
    },
    onEnd: () => undefined,
  };
  process = kernel.spawn(program, environ);
  return process;
}

/** `-stats_period` of every run. */
export const STATS_EVERY_MS = 500;
/** Bytes of one millisecond of the simulated streams: 3.2 Mbit/s. */
export const BYTES_PER_MS = 400;
/** House GOP. */
export const GOP_MS = 2_000;
