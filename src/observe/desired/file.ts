import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_DESIRED_BYTES, parseDesired, type ParseOptions } from './parse.ts';
import type { DesiredFile } from '../../reconcile/model/desired.ts';
import { errorCode } from '../../system/errors.ts';
import { readBeginning } from '../../system/http.ts';

/** A file changed within this time is read again even if its times are the same: two writes may fall into one tick of that clock. */
const YOUNG_MS = 2000;
/** A FIFO is not waited for, and a terminal does not become the daemon's. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

export interface DesiredReaderOptions extends ParseOptions {
  /**
   * A file changed less than this ago may be half written, and half a file may be valid (`bitrate: 300`), so the earlier result
   * stands until then. The first read has none and waits, at most three times as long. Default 0: every content counts at once.
   */
  readonly settleMs?: number;
}

/** Reads `desired.yaml` again and again; an unchanged file costs an open and a stat. */
export class DesiredReader {
  readonly #path: string;
  readonly #options: DesiredReaderOptions;
  #identity = '';
  #bytes: Buffer | null = null;
  #last: DesiredFile | null = null;

  constructor(path: string, options: DesiredReaderOptions = {}) {
    this.#path = path;
    this.#options = options;
  }

  /** The text of the file with this hash; null = what was read last is none that was accepted with it. */
  textOf(hash: string): string | null {
    return this.#last?.kind === 'ok' && this.#last.hash === hash ? (this.#bytes?.toString('utf8') ?? null) : null;
  }

  /** The file as it is now. Symlinks are followed; a file that cannot be read is `missing`, with the reason. Never rejects. */
  async read(): Promise<DesiredFile> {
    if (this.#last === null) await settled(this.#path, this.#options.settleMs ?? 0);
    let file: FileHandle;
    try {
      file = await open(this.#path, OPEN_FLAGS);
    } catch (error) {
      return this.#remember('', missing(error));
    }
    try {
      return await this.#readOpen(file);
    } catch (error) {
      return this.#remember('', missing(error));
    } finally {
      await file.close().catch(() => undefined);
    }
  }

  async #readOpen(file: FileHandle): Promise<DesiredFile> {
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile()) return this.#remember('', notAFile(stats));
    const identity = identityOf(stats);
    const ageMs = Date.now() - changedAtMs(stats);
    if (this.#last !== null && identity === this.#identity && ageMs >= YOUNG_MS) return this.#last;

    const settleMs = this.#options.settleMs ?? 0;
    // If our clock is behind the file server's, ages are negative; such a file is not waited for.
    if (this.#last !== null && ageMs >= 0 && ageMs < settleMs) return this.#last;
    // One byte more than is accepted, by which the parser sees that the file is too large.
    const stream = file.createReadStream({ start: 0, end: MAX_DESIRED_BYTES, autoClose: false });
    const bytes = await readBeginning(stream, MAX_DESIRED_BYTES + 1);
    // Changed since that look, a few milliseconds ago on a busy machine: what was read is as young as a half-written file.
    if (this.#last !== null && settleMs > 0 && identityOf(await file.stat({ bigint: true })) !== identity)
      return this.#last;
    // The same bytes as before are not parsed again, which can take a second for a hostile file.
    const result =
      this.#last !== null && this.#bytes?.equals(bytes) === true ? this.#last : parseDesired(bytes, this.#options);
    return this.#remember(identity, result, bytes);
  }

  #remember(identity: string, result: DesiredFile, bytes: Buffer | null = null): DesiredFile {
    this.#identity = identity;
    this.#bytes = bytes;
    this.#last = result;
    return result;
  }
}

/** Resolves once this file has not changed for `settleMs`, or after three looks; at once if it cannot be read. */
async function settled(path: string, settleMs: number): Promise<void> {
  for (let looks = 0; looks < 3; looks++) {
    const stats = await stat(path, { bigint: true }).catch(() => null);
    const restMs = stats === null ? 0 : settleMs - (Date.now() - changedAtMs(stats));
    // A wait of more than `settleMs` comes from a clock behind the file server's.
    if (restMs <= 0 || restMs > settleMs) return;
    await sleep(restMs);
  }
}

function identityOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
}

/** The later of both times. The change time moves with every write and rename, and cannot be set back. */
function changedAtMs(stats: BigIntStats): number {
  return Number(stats.mtimeMs > stats.ctimeMs ? stats.mtimeMs : stats.ctimeMs);
}

function notAFile(stats: BigIntStats): DesiredFile {
  const what = stats.isDirectory() ? 'a directory' : stats.isFIFO() ? 'a FIFO' : 'a device';
  return { kind: 'missing', message: `desired.yaml is ${what}, not a file` };
}

function missing(error: unknown): DesiredFile {
  const code = errorCode(error, 'unknown error');
  return { kind: 'missing', message: EXPLANATIONS[code] ?? `desired.yaml cannot be read (${code})` };
}

const EXPLANATIONS: Readonly<Record<string, string>> = {
  ENOENT: 'desired.yaml does not exist in the configuration directory, or is a symlink to nowhere',
  EACCES: 'desired.yaml may not be read by this user; check owner and mode of the file and its directories',
  EISDIR: 'desired.yaml is a directory, not a file',
  ENOTDIR: 'the configuration directory is not a directory',
  ELOOP: 'desired.yaml is a symlink that leads back to itself',
  ENXIO: 'desired.yaml is a socket or device, not a file',
  EMFILE: 'desired.yaml cannot be read: too many open files',
  ENFILE: 'desired.yaml cannot be read: too many open files in the system',
  EIO: 'desired.yaml cannot be read: the disk answers with an error',
  ESTALE: 'desired.yaml cannot be read: the network file system lost it',
};
