import { renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { QUIET } from '../../actuate/ffmpeg/media-input.ts';
import { itemArgv } from '../../actuate/ffmpeg/playout-argv.ts';
import { JOB_PROGRESS, runJob } from '../media/ffmpeg-job.ts';
import { wholeItem } from '../media/item-to-encode.ts';
import type { MediaAccess } from '../media/media-access.ts';
import { fileFormat, houseFileBytes, SPACE_RESERVE_BYTES, workName } from './house-file-format.ts';
import { ProgressLine } from './progress-line.ts';
import { partOf } from './work-dir.ts';
import { freeBytes } from '../../system/disk.ts';
import type { Terminal } from '../terminal.ts';
import { ProgressParser } from '../../observe/runs/progress-file.ts';
import type { ItemFacts, LocalCopy } from '../../reconcile/model/item.ts';
import type { HouseFormat } from '../../reconcile/model/playout.ts';
import { decideCopy } from '../../reconcile/playout/copy-decision.ts';
import { duration, sizeText } from '../../text/units.ts';

/** What to encode, and where the file is made. */
interface HouseFileOrder {
  readonly facts: ItemFacts;
  readonly format: HouseFormat;
  /** Under an item without a picture. */
  readonly backdrop: LocalCopy | null;
  readonly workDir: string;
  readonly signal: AbortSignal;
}

type HouseFileEnd =
  | { readonly kind: 'finished'; readonly path: string }
  | { readonly kind: 'aborted' }
  /** One line for people. */
  | { readonly kind: 'failed'; readonly why: string };

/** FFmpeg's `reconnect_delay_max`: nothing of this is on air, so a store that goes away is waited for some minutes. */
const PATIENCE_S = 120;
/** Longer than FFmpeg waits for the store by `PATIENCE_S`, and than moving the index of a huge file to its front takes. */
const STALLED_AFTER_MS = 900_000;
/** A bound, so that no FFmpeg runs for ever. */
const AT_MOST_MS = 14 * 24 * 3_600_000;
/** How much less than its length a whole item may come to: its picture and its sound may end apart. */
const ROUGHLY = 0.02;
const ROUGHLY_MS = 1_500;

/** Encodes the item into a file that can be copied on air, or takes the one an earlier run finished. No unfinished file stays. */
export async function makeHouseFile(
  access: MediaAccess,
  order: HouseFileOrder,
  terminal: Terminal,
): Promise<HouseFileEnd> {
  const { facts, format, backdrop, workDir } = order;
  const path = join(workDir, workName(facts, format, backdrop?.facts ?? null));
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) {
    terminal.out(`an earlier run finished encoding: ${path}, ${sizeText(found.size)}`);
    return { kind: 'finished', path };
  }
  const part = partOf(path);
  const remove = (): void => rmSync(part, { force: true });
  // The program may end by `process.exit`, which runs no `finally`.
  process.once('exit', remove);
  try {
    const failure = await encode(access, order, part, terminal);
    if (failure !== null) return failure;
    const misfit = await misfitOf(access, part, format);
    if (misfit !== null) return { kind: 'failed', why: misfit };
    renameSync(part, path);
    return { kind: 'finished', path };
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** Encodes into `part`; what fits is copied and the rest is encoded, as on air. null = it is whole. */
async function encode(
  access: MediaAccess,
  { facts, format, backdrop, workDir, signal }: HouseFileOrder,
  part: string,
  terminal: Terminal,
): Promise<HouseFileEnd | null> {
  if (access.ffmpegPath === null)
    return { kind: 'failed', why: 'ffmpeg is not on PATH: install it or set FFMPEG_PATH' };
  const free = await freeBytes(workDir);
  const needed = houseFileBytes(facts, format);
  const needs = needed === null ? 'nobody knows how much, as its length is not known' : `about ${sizeText(needed)}`;
  const space = `needs ${needs} in ${workDir}, where ${sizeText(free)} are free`;
  if (free - SPACE_RESERVE_BYTES < (needed ?? 1)) {
    const reserve = `${sizeText(SPACE_RESERVE_BYTES)} of them must stay so`;
    return { kind: 'failed', why: `${space}, and ${reserve}: make room, or set TMPDIR to a larger disk` };
  }
  terminal.out(space);
  const opened = await access.inputFor(facts.key);
  if (opened.kind === 'failed') return { kind: 'failed', why: opened.failure.message };
  const input = opened.value;
  const spec = wholeItem(facts, fileFormat(facts, format), backdrop, decideCopy(facts, format, 'auto').picture);
  const follower = new Follower(facts, terminal, signal);
  const end = await runJob({
    ffmpegPath: access.ffmpegPath,
    args: [
      ...[...QUIET, ...JOB_PROGRESS, '-stats_period', '0.5'],
      ...itemArgv(spec, input, await access.filtersFor(facts.video ?? backdrop?.facts.video ?? null), 'file'),
      ...['-max_interleave_delta', '0'],
      // Without metadata and chapters of the original. It ends before the disk is full, which would harm the daemon.
      ...['-map_metadata', '-1', '-map_chapters', '-1', '-fs', String(free - SPACE_RESERVE_BYTES)],
      // An MP4, because it tells length and bitrate, can be sought in and is read by anything; with its index in front a
      // playout needs one request less.
      ...['-movflags', '+faststart', '-f', 'mp4', '-y', `file:${part}`],
    ],
    media: { input, facts, durationMs: null, patienceS: PATIENCE_S },
    backdrop: backdrop?.path ?? null,
    caFile: access.settings.caFile,
    timeoutMs: AT_MOST_MS,
    signal: follower.signal,
    onProgress: (chunk) => follower.feed(chunk),
  });
  follower.end();
  if (signal.aborted) return { kind: 'aborted' };
  if (end.kind === 'not-started') return { kind: 'failed', why: end.message };
  if (end.kind !== 'ended') return { kind: 'failed', why: 'FFmpeg made no progress any more and was ended' };
  if (end.exitCode !== 0) return { kind: 'failed', why: `FFmpeg failed: ${lastComplaint(end.stderr)}` };
  const wantedMs = facts.durationS === null ? 0 : facts.durationS * 1000;
  if (follower.outTimeMs < wantedMs * (1 - ROUGHLY) - ROUGHLY_MS) {
    const read = `only ${duration(follower.outTimeMs)} of ${duration(wantedMs)} could be encoded`;
    return { kind: 'failed', why: `${read}: the object, the connection or the disk ended before` };
  }
  return null;
}

/** Shows FFmpeg's progress; its `signal` aborts when there is none for `STALLED_AFTER_MS`, or the caller's aborts. */
class Follower {
  readonly #parser = new ProgressParser();
  readonly #controller = new AbortController();
  readonly #line: ProgressLine;
  readonly #lengthMs: number | null;
  readonly #begunMs = performance.now();
  #timer: NodeJS.Timeout;
  outTimeMs = 0;

  constructor({ durationS, video }: ItemFacts, terminal: Terminal, signal: AbortSignal) {
    this.#line = new ProgressLine(terminal, 'encoding ');
    this.#lengthMs = durationS === null || video?.still === true ? null : durationS * 1000;
    this.#timer = this.#watch();
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
  }

  readonly signal: AbortSignal;

  feed(chunk: string): void {
    const atMs = this.#parser.feed(chunk)?.outTimeMs ?? 0;
    if (atMs <= this.outTimeMs) return;
    this.outTimeMs = atMs;
    clearTimeout(this.#timer);
    this.#timer = this.#watch();
    const pace = (atMs / Math.max(1, performance.now() - this.#begunMs)).toFixed(1);
    const whole = this.#lengthMs === null ? '' : ` of ${duration(this.#lengthMs)}`;
    this.#line.show({
      share: this.#lengthMs === null ? null : atMs / this.#lengthMs,
      done: `${duration(atMs)}${whole}, ${pace} x`,
    });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#line.end();
  }

  #watch(): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(), STALLED_AFTER_MS);
  }
}

/** Why the finished file would still be encoded on air; null = it would be copied. */
async function misfitOf(access: MediaAccess, path: string, format: HouseFormat): Promise<string | null> {
  const sizeBytes = statSync(path).size;
  const facts = await access.probe(`file:${path}`, { key: 'the finished file', version: '', sizeBytes });
  if (facts.kind === 'failed') return `the finished file is no good: ${facts.failure.message}`;
  const { mode, reasons } = decideCopy(facts.value, format, 'auto');
  return mode === 'copy' ? null : `the finished file does not fit: ${reasons.join('; ')}`;
}

/** The last error of FFmpeg, else its last line; addresses and paths are left out. */
function lastComplaint(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const line =
    lines.findLast((text) => text.includes('[error]') || text.includes('[fatal]')) ?? lines.at(-1) ?? 'it said nothing';
  return line
    .replaceAll(/\[(\w+) @ 0x[\da-f]+\] ?/g, '$1: ')
    .replaceAll(/\b(?:https?|file|pipe):\S*/gi, '…')
    .replaceAll(/X-Amz-\S+/gi, '…')
    .slice(0, 300);
}
