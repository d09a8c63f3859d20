import { GrowingFile } from './growing-file.ts';

const BOUNDS = { readAtMostBytes: 65_536, largestOnDiskBytes: 1_048_576 };
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

/** Follows the log of one FFmpeg. */
export class LogTail {
  readonly #file: GrowingFile;
  readonly #redact: (text: string) => string;
  #rest = '';
  /** The rest of the line is dropped, as its beginning is lost: half a secret would not be redacted. */
  #cut = false;
  #last: string | null = null;

  constructor(path: string, redact: (text: string) => string) {
    this.#file = new GrowingFile(path, BOUNDS);
    this.#redact = redact;
  }

  /** The last line so far that may explain an end, redacted. */
  get last(): string | null {
    return this.#last;
  }

  /** The complete lines written since the last call, redacted, clipped, at most 64 KiB of them. */
  read(): readonly string[] {
    const news = this.#file.read();
    if (news.kind === 'unreadable') return [];
    if (news.skipped) {
      this.#rest = '';
      this.#cut = true;
    }
    const lines = (this.#rest + news.bytes.toString('utf8')).split(/[\r\n]+/);
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
}
