import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { clipArgv } from './ffmpeg/clip-argv.ts';
import type { Filters } from './ffmpeg/picture-argv.ts';
import { openMedia } from './process/descriptors.ts';
import type { LocalCopy } from '../reconcile/model/item.ts';
import { type Fetched, fetched, type MediaTables } from '../reconcile/model/observation.ts';
import type { HouseClip, HouseFormat } from '../reconcile/model/playout.ts';
import { clipFrames, clipGopFrames } from '../reconcile/playout/clip.ts';
import { freeBytes } from '../system/disk.ts';
import { errorCode } from '../system/errors.ts';
import { boundToUs, ffmpegEnv } from '../system/programs.ts';
import { parseJson } from '../system/json.ts';
import { lookPatiently } from '../system/look.ts';

interface HouseClipsOptions {
  /** The state directory. */
  readonly dir: string;
  /** null = there is none. */
  readonly ffmpegPath: () => string | null;
  readonly filters: () => Filters;
  readonly write: (path: string, text: string) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly wake: () => void;
}

/** A clip that failed is tried again this much later. */
const RETRY_MS = 600_000;
/** A clip nobody has asked for in this time is deleted. */
const WANTED_FOR_MS = 6 * 3_600_000;
/** A shorter clip is not looped: the list of its turns would be too long. */
const SHORTEST_S = 1;
const AT_MOST_MS = 12 * 3_600_000;
const MOST_SAID_BYTES = 64 * 1024;
const NAME = /^clip-([0-9a-f]{12})\.(?:mp4|json|part)$/;

const noteSchema = z.object({
  fps: z.number().positive(),
  frames: z.int().positive(),
  gopFrames: z.int().positive(),
  sizeBytes: z.int().positive(),
});

/**
 * Encodes pictures that are shown under songs into house format, each once and one after another, beside their copies in
 * the state directory. The kernel ends the FFmpeg that does so with the daemon. A clip gets its name once it is whole.
 */
export class HouseClips {
  readonly #options: HouseClipsOptions;
  readonly #known = new Map<string, Fetched<HouseClip> & { readonly kind: 'ok' | 'failed' }>();
  /** When each was last asked for. */
  readonly #wanted = new Map<string, number>();
  #busy: Promise<void> | null = null;
  /** Clips of an earlier daemon that could not be looked at: they are not deleted. null = their directory could not. */
  #unseen: ReadonlySet<string> | null = new Set();

  constructor(options: HouseClipsOptions) {
    this.#options = options;
  }

  /** Finds the clips an earlier daemon made, and deletes what it left half done. */
  async load(): Promise<void> {
    await this.#findAll();
    await this.#sweep();
  }

  async #findAll(): Promise<void> {
    const names = await lookPatiently(() => readdir(this.#options.dir));
    this.#unseen = null;
    if (names.kind === 'unknown') return;
    const ids = (names.kind === 'known' ? names.value : []).flatMap((name) =>
      name.endsWith('.json') ? (NAME.exec(name)?.[1] ?? []) : [],
    );
    const couldLook = await Promise.all(ids.map((id) => this.#find(id)));
    this.#unseen = new Set(ids.filter((_, at) => !couldLook[at]));
  }

  /** Takes up the clip, if it is whole; false = it could not be looked at. */
  async #find(id: string): Promise<boolean> {
    const { now } = this.#options;
    const path = this.#path(id, 'mp4');
    const [text, file] = await Promise.all([
      lookPatiently(() => readFile(this.#path(id, 'json'), 'utf8')),
      lookPatiently(() => stat(path)),
    ]);
    if (text.kind === 'unknown' || file.kind === 'unknown') return false;
    const note = noteSchema.safeParse(parseJson(text.kind === 'known' ? text.value : ''));
    const sizeBytes = file.kind === 'known' ? file.value.size : null;
    if (!note.success || sizeBytes !== note.data.sizeBytes) return true;
    const { fps, frames, gopFrames } = note.data;
    this.#known.set(id, { kind: 'ok', value: { path, fps, frames, gopFrames }, atMs: now() });
    this.#wanted.set(id, now());
    return true;
  }

  /** All clips that are known, without those whose file is gone. */
  async look(): Promise<MediaTables['clips']> {
    for (const [id, clip] of this.#known) {
      if (clip.kind !== 'ok') continue;
      const isGone = await stat(clip.value.path).then(
        () => false,
        (error: unknown) => errorCode(error) === 'ENOENT',
      );
      if (isGone && this.#known.get(id) === clip) this.#known.delete(id);
    }
    return new Map(this.#known);
  }

  /** Makes the clip unless it is there or was tried lately; while another is made it has to be asked for again. */
  keep(id: string, copy: LocalCopy | null, format: HouseFormat): void {
    const nowMs = this.#options.now();
    this.#wanted.set(id, nowMs);
    const known = fetched(this.#known, id);
    const isTried = known.kind === 'ok' || (known.kind === 'failed' && nowMs - known.atMs <= RETRY_MS);
    if (isTried || this.#busy !== null) return;
    this.#busy = this.#renew(id, copy, format).finally(() => {
      this.#busy = null;
      this.#options.wake();
    });
  }

  async #renew(id: string, copy: LocalCopy | null, format: HouseFormat): Promise<void> {
    const made = await this.#make(id, copy, format).catch(
      (error: unknown) => `could not be written: ${errorCode(error)}`,
    );
    const atMs = this.#options.now();
    if (typeof made !== 'string') this.#known.set(id, { kind: 'ok', value: made, atMs });
    else {
      const what = copy === null ? 'the built-in picture' : JSON.stringify(copy.facts.key);
      const failure = { reason: 'MediaUndecodable', message: `${what} ${made}` } as const;
      this.#known.set(id, { kind: 'failed', failure, atMs, lastGood: null });
    }
    await this.#sweep();
  }

  /** The clip, or why there is none. */
  async #make(id: string, copy: LocalCopy | null, format: HouseFormat): Promise<HouseClip | string> {
    const { dir, ffmpegPath, filters, write } = this.#options;
    const ffmpeg = ffmpegPath();
    if (ffmpeg === null) return 'cannot be encoded without FFmpeg';
    const wanted = clipFrames(copy, format);
    const sizeBytes = ((wanted ?? 0) / format.fps) * format.videoBitrateKbps * 125;
    const free = await freeBytes(dir);
    if (sizeBytes > free / 2)
      return `needs ${megabytes(sizeBytes)} MB in house format, and only ${megabytes(free)} MB are free here`;
    const part = this.#path(id, 'part');
    const frames = await encode(
      ffmpeg,
      clipArgv(copy, format, filters(), { path: part, atMostBytes: free / 2 }),
      copy?.path ?? null,
    );
    if (typeof frames === 'string' || frames < format.fps * SHORTEST_S) {
      await rm(part, { force: true });
      return typeof frames === 'string' ? frames : 'is too short to be shown over and over';
    }
    const path = this.#path(id, 'mp4');
    const note = { fps: format.fps, frames, gopFrames: clipGopFrames(format) };
    const { size } = await stat(part);
    await rename(part, path);
    write(this.#path(id, 'json'), JSON.stringify({ ...note, sizeBytes: size }));
    return { path, ...note };
  }

  /** Deletes clips that nobody has asked for of late. A playout that has a deleted file open goes on reading it. */
  async #sweep(): Promise<void> {
    const { dir, now } = this.#options;
    if (this.#unseen === null) await this.#findAll();
    const unseen = this.#unseen;
    if (unseen === null) return;
    for (const [id, askedAtMs] of this.#wanted) if (now() - askedAtMs > WANTED_FOR_MS) this.#wanted.delete(id);
    for (const id of this.#known.keys()) if (!this.#wanted.has(id)) this.#known.delete(id);
    for (const name of await readdir(dir).catch(() => [])) {
      const id = NAME.exec(name)?.[1];
      if (id !== undefined && fetched(this.#known, id).kind !== 'ok' && !unseen.has(id))
        await rm(join(dir, name), { force: true }).catch(() => undefined);
    }
  }

  #path(id: string, ending: 'mp4' | 'json' | 'part'): string {
    return join(this.#options.dir, `clip-${id}.${ending}`);
  }
}

const megabytes = (sizeBytes: number): number => Math.round(sizeBytes / 1e6);

/** Only while nothing else wants the processor or the disk. */
const IDLE_PRIORITY = ['-n', '19', 'ionice', '-t', '-c', '3'];

/** How many frames came out, or why none did. */
async function encode(ffmpeg: string, args: readonly string[], sourcePath: string | null): Promise<number | string> {
  const source = sourcePath === null ? null : openMedia(sourcePath);
  try {
    return await new Promise((resolve) => {
      const bound = boundToUs('nice', [...IDLE_PRIORITY, ffmpeg, ...args]);
      const child = spawn(bound.program, bound.args, {
        cwd: '/',
        env: ffmpegEnv(null),
        stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'ignore', source ?? 'ignore'],
        timeout: AT_MOST_MS,
        killSignal: 'SIGKILL',
      });
      let progress = '';
      let said = '';
      child.stdout?.on('data', (text: Buffer) => (progress = (progress + text.toString()).slice(-MOST_SAID_BYTES)));
      child.stderr?.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-MOST_SAID_BYTES)));
      child.once('error', (error) => resolve(`cannot be encoded: ${errorCode(error)}`));
      child.once('close', (code) => {
        const frames = [...progress.matchAll(/^frame=\s*(\d+)$/gm)].at(-1)?.[1];
        const isWhole = code === 0 && frames !== undefined && progress.includes('progress=end');
        const why = said.trim().split('\n').at(-1) ?? '';
        resolve(isWhole ? Number(frames) : `cannot be brought into house format: ${why.slice(0, 200)}`);
      });
    });
  } finally {
    if (source !== null) closeSync(source);
  }
}
