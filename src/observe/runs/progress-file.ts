import { GrowingFile } from './growing-file.ts';
import { PacketList } from './packet-list.ts';
import type { Progress, SentPackets } from '../../reconcile/model/run.ts';

/** One `-progress` block of FFmpeg; null where it said N/A. */
export interface ProgressBlock {
  readonly outTimeMs: number | null;
  readonly totalBytes: number | null;
  /** Pictures so far; null also where it writes none. */
  readonly pictures: number | null;
  readonly ended: boolean;
}

/** Parses `-progress` text that comes in chunks cut anywhere; half a block waits for its other half. */
export class ProgressParser {
  #rest = '';
  #outTimeMs: number | null = null;
  #totalBytes: number | null = null;
  #pictures: number | null = null;
  readonly #packets = new PacketList();

  /** The packets that were listed between the blocks. */
  get sent(): SentPackets | null {
    return this.#packets.sent;
  }

  /** Some text was left out, so the packets before and after it are no neighbours. */
  skip(): void {
    this.#packets.skip();
  }

  /** The last block that this chunk completes; null = none. */
  feed(chunk: string): ProgressBlock | null {
    // A run of an earlier version does not append: in a file that was emptied it writes on at its offset, behind NULs.
    const lines = (this.#rest + chunk.replaceAll('\0', '')).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-LONGEST_LINE);
    let block: ProgressBlock | null = null;
    for (const line of lines) {
      if (/^\d/.test(line)) {
        this.#packets.feed(line);
        continue;
      }
      const [name, value] = splitOnce(line);
      // `out_time_ms` holds microseconds, too; `out_time_us` at least says so.
      if (name === 'out_time_us') this.#outTimeMs = wholeNumber(value, 1_000);
      else if (name === 'total_size') this.#totalBytes = wholeNumber(value, 1);
      else if (name === 'frame') this.#pictures = wholeNumber(value, 1);
      else if (name === 'progress') {
        const [outTimeMs, totalBytes, pictures] = [this.#outTimeMs, this.#totalBytes, this.#pictures];
        block = { outTimeMs, totalBytes, pictures, ended: value === 'end' };
      }
    }
    return block;
  }
}

const LONGEST_LINE = 4_096;

function splitOnce(line: string): readonly [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

/** A count in this unit; null where FFmpeg does not know it yet (N/A, or in 5.1 the smallest 64-bit number). */
function wholeNumber(text: string, unit: number): number | null {
  if (!/^-?\d{1,18}$/.test(text)) return null;
  return Math.max(0, Math.trunc(Number(text) / unit));
}

const BOUNDS = {
  /** Room for the packets of 20 s, which FFmpeg lists at once while it fills a reservoir: 130 kB at 60 frames a second. */
  readAtMostBytes: 262_144,
  largestOnDiskBytes: 1_048_576,
};

/** Follows one progress file. */
export class ProgressFile {
  readonly #file: GrowingFile;
  readonly #parser = new ProgressParser();
  #progress: Progress | null = null;
  #exists = false;
  #news: ProgressBlock | null = null;

  constructor(path: string) {
    this.#file = new GrowingFile(path, BOUNDS);
  }

  /** Whether there was a file at the last read. */
  get exists(): boolean {
    return this.#exists;
  }

  /** The block that the last `read` found; null = it found none. */
  get news(): ProgressBlock | null {
    return this.#news;
  }

  get sent(): SentPackets | null {
    return this.#parser.sent;
  }

  /** The progress so far; null = FFmpeg has written none. If the file cannot be read, the last answer stands. */
  read(nowMs: number): Progress | null {
    const chunk = this.#file.read();
    this.#exists = chunk.kind === 'read' || chunk.exists;
    if (chunk.kind === 'read' && chunk.skipped) this.#parser.skip();
    const block = chunk.kind === 'unreadable' ? null : this.#parser.feed(chunk.bytes.toString('latin1'));
    if (chunk.kind === 'read' && chunk.emptied) this.#parser.skip();
    this.#news = block;
    if (block === null) return this.#progress;
    const before = this.#progress;
    const outTimeMs = Math.max(block.outTimeMs ?? 0, before?.outTimeMs ?? 0);
    const advanced = outTimeMs > (before?.outTimeMs ?? 0);
    this.#progress = {
      outTimeMs,
      totalBytes: block.totalBytes ?? before?.totalBytes ?? 0,
      advancedAtMs: advanced || before === null ? nowMs : before.advancedAtMs,
      firstAtMs: before?.firstAtMs ?? (advanced ? nowMs : null),
      ended: block.ended,
    };
    return this.#progress;
  }
}
