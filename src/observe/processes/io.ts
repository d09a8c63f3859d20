import { readProc } from '../../system/proc.ts';

/** Bytes a process has passed to read(2) and write(2) so far, from `/proc/PID/io`; null = not to be seen. */
export interface ProcessIo {
  readonly readBytes: number;
  readonly writtenBytes: number;
}

export function parseProcessIo(text: string): ProcessIo | null {
  const read = /^rchar: (\d+)$/m.exec(text)?.[1];
  const written = /^wchar: (\d+)$/m.exec(text)?.[1];
  if (read === undefined || written === undefined) return null;
  return { readBytes: Number(read), writtenBytes: Number(written) };
}

export function readProcessIo(pid: number): ProcessIo | null {
  const io = readProc(`/proc/${pid}/io`);
  return io.kind === 'text' ? parseProcessIo(io.text) : null;
}

/** FFmpeg's own progress lines, which some versions go on writing while all stands still, come to 400 bytes a second. */
export const MOVED_BYTES = 16_384;

/**
 * Tells whether bytes move through a process. It is evidence that no full disk can hide, whereas a progress file may
 * stand still though the stream does not.
 */
export class FlowTracker {
  #markBytes: number | null = null;
  #movedAtMs: number | null = null;
  #firstAtMs: number | null = null;

  /** Monotonic time at which bytes were last and first seen to move; null = never yet. */
  update(bytes: number, nowMs: number): { readonly movedAtMs: number | null; readonly firstAtMs: number | null } {
    // What a run has moved before it was first looked at, it has moved.
    this.#markBytes ??= 0;
    if (bytes - this.#markBytes >= MOVED_BYTES) {
      this.#markBytes = bytes;
      this.#movedAtMs = nowMs;
      this.#firstAtMs ??= nowMs;
    }
    return { movedAtMs: this.#movedAtMs, firstAtMs: this.#firstAtMs };
  }
}
