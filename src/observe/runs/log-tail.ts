import { closeSync, fstatSync, openSync, readSync, truncateSync } from 'node:fs';

const LARGEST_BYTES = 1_048_576;
const READ_AT_MOST_BYTES = 65_536;
const LONGEST_LINE = 1_000;
const LONGEST_UNFINISHED = 16_384;

/** Whether a line is about single packets, or repeats such a line: never the reason why FFmpeg ended. */
export const isChatter = (line: string): boolean =>
  /^(\[(h264|aac|mpegts|mpeg4|hevc|mp3float) @|Last message repeated)/.test(line);

/** Whether a line is one that FFmpeg ends with for every cause. */
const isGeneric = (line: string): boolean =>
  /(^\[error\]$|Error closing file|Error initializing output stream|Error opening output|Error opening input file |Cannot open connection|Error muxing a packet|Conversion failed|Error writing trailer|Input\/output error|Broken pipe|Immediate exit requested)/.test(
    line,
  );

/** Follows the log of one FFmpeg. FFmpeg has it open for appending, so it may be emptied meanwhile. */
export class LogTail {
  readonly #path: string;
  readonly #redact: (text: string) => string;
  #offset = 0;
  #rest = '';
  /** The rest of the line is dropped, as its beginning is lost: half a secret would not be redacted. */
  #cut = false;
  #last: string | null = null;

  constructor(path: string, redact: (text: string) => string) {
    this.#path = path;
    this.#redact = redact;
  }

  /** The last line so far that may explain an end, redacted. */
  get last(): string | null {
    return this.#last;
  }

  /** The complete lines written since the last call, redacted, clipped, at most 64 KiB of them. */
  read(): readonly string[] {
    const { text, skipped } = this.#readNew();
    if (skipped) {
      this.#rest = '';
      this.#cut = true;
    }
    const lines = (this.#rest + text).split(/[\r\n]+/);
    this.#rest = lines.pop() ?? '';
    if (this.#cut && lines.length > 0) {
      lines.shift();
      this.#cut = false;
    }
    if (this.#cut || this.#rest.length > LONGEST_UNFINISHED) {
      this.#rest = '';
      this.#cut = true;
    }
    const clean = lines.map((line) => this.#redact(line).slice(0, LONGEST_LINE).trim()).filter((line) => line !== '');
    const telling = clean.findLast((line) => !isChatter(line) && !isGeneric(line));
    this.#last = telling ?? this.#last ?? clean.findLast((line) => !isChatter(line)) ?? null;
    return clean;
  }

  #readNew(): { readonly text: string; readonly skipped: boolean } {
    let fd: number | undefined;
    try {
      fd = openSync(this.#path, 'r');
      const { size } = fstatSync(fd);
      if (size < this.#offset) this.#offset = 0;
      const from = Math.max(this.#offset, size - READ_AT_MOST_BYTES);
      const skipped = from > this.#offset;
      const buffer = Buffer.alloc(size - from);
      const got = buffer.length === 0 ? 0 : readSync(fd, buffer, 0, buffer.length, from);
      this.#offset = from + got;
      if (size > LARGEST_BYTES) {
        truncateSync(this.#path, 0);
        this.#offset = 0;
      }
      return { text: buffer.toString('utf8', 0, got), skipped };
    } catch {
      return { text: '', skipped: false };
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }
}
