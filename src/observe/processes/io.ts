import { readProc } from '../../system/proc.ts';

/** Bytes that a process has read and written so far, by `rchar` and `wchar` of `/proc/PID/io`. */
export interface ProcessIo {
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** Parses `/proc/PID/io`; null = it holds no such counts. */
export function parseProcessIo(text: string): ProcessIo | null {
  const read = /^rchar: (\d+)$/m.exec(text)?.[1];
  const written = /^wchar: (\d+)$/m.exec(text)?.[1];
  if (read === undefined || written === undefined) return null;
  return { readBytes: Number(read), writtenBytes: Number(written) };
}

/** The counts of this process; null = they could not be read. */
export function readProcessIo(pid: number): ProcessIo | null {
  const io = readProc(`/proc/${pid}/io`);
  return io.kind === 'text' ? parseProcessIo(io.text) : null;
}

/** From this many bytes on they count as moving: FFmpeg's progress lines, written even while all stands still, are 400 bytes a second. */
export const MOVED_BYTES = 16_384;

/** Bytes that have not moved for this long stood still. */
const PAUSE_MS = 3_000;

/** Monotonic times at which bytes were seen to move. */
export interface Movement {
  readonly firstAtMs: number;
  /** Since when without a pause. */
  readonly sinceMs: number;
  readonly lastAtMs: number;
}

/** Follows whether bytes move through a process: on a full disk its progress file stands still, and these counts go on. */
export class FlowTracker {
  #markBytes = 0;
  #movement: Movement | null = null;

  /** The movement seen so far; null = none yet. Bytes moved before the first look count as well. */
  update(bytes: number, nowMs: number): Movement | null {
    if (bytes - this.#markBytes >= MOVED_BYTES) {
      this.#markBytes = bytes;
      const { firstAtMs, sinceMs, lastAtMs } = this.#movement ?? { firstAtMs: nowMs, sinceMs: nowMs, lastAtMs: nowMs };
      this.#movement = { firstAtMs, sinceMs: nowMs - lastAtMs < PAUSE_MS ? sinceMs : nowMs, lastAtMs: nowMs };
    }
    return this.#movement;
  }
}
