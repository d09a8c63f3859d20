import { createHash } from 'node:crypto';
import { createWriteStream, type Stats } from 'node:fs';
import { readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { factsSchema, type WriteFile } from '../probe/cache.ts';
import type { ItemFacts, LocalCopy } from '../../reconcile/model/item.ts';
import { type Fetched, fetched, type MediaTables } from '../../reconcile/model/observation.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { rawTarget } from '../../store/fetch/raw-target.ts';
import type { MediaResult } from '../../store/port.ts';
import { freeBytes } from '../../system/disk.ts';
import { errorCode } from '../../system/errors.ts';
import { askByHttp } from '../../system/http.ts';
import { parseJson } from '../../system/json.ts';
import { lookPatiently } from '../../system/look.ts';

export interface LocalCopiesOptions {
  /** The state directory. */
  readonly dir: string;
  readonly factsOf: (key: string) => Promise<MediaResult<ItemFacts>>;
  readonly getStreamUrl: (key: string) => Promise<MediaResult<string>>;
  readonly caFile: string | null;
  readonly write: WriteFile;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly wake: () => void;
}

/** A copy may take this share of the free space. */
const SHARE_OF_FREE = 0.5;
/** Without a byte for this long a download fails. */
const SILENCE_MS = 15_000;
/** A download takes at most this, and for large objects 1 ms more per `SLOWEST_BYTES_PER_MS`. */
const DOWNLOAD_AT_MOST_MS = 600_000;
const SLOWEST_BYTES_PER_MS = 250;
/** A copy that was not asked for in this time is no longer named by desired.yaml. */
const WANTED_FOR_MS = 600_000;
const NAME = /^copy-[0-9a-f]{16}\.(?:media|json|part)$/;

/**
 * Keeps slate and visuals on this machine, as they are needed when the store cannot be reached. A copy outlives the daemon. One
 * that is no longer asked for is deleted when another is made.
 */
export class LocalCopies {
  readonly #options: LocalCopiesOptions;
  readonly #known = new Map<string, Fetched<LocalCopy>>();
  /** When each key was last asked for. */
  readonly #wanted = new Map<string, number>();
  /** One copy is made at a time: making one deletes files that no copy uses. */
  #queue: Promise<void> = Promise.resolve();
  readonly #busy = new Set<string>();
  /** Descriptions of an earlier daemon's copies that could not be read: those copies are not deleted. null = their directory could not. */
  #unread: ReadonlySet<string> | null = new Set();

  constructor(options: LocalCopiesOptions) {
    this.#options = options;
  }

  /** Finds the copies that an earlier daemon made. */
  async load(): Promise<void> {
    const { dir } = this.#options;
    const names = await lookPatiently(() => readdir(dir));
    this.#unread = null;
    if (names.kind === 'unknown') return;
    const ours = (names.kind === 'known' ? names.value : []).filter(
      (name) => NAME.test(name) && name.endsWith('.json'),
    );
    const couldRead = await Promise.all(ours.map((name) => this.#find(name)));
    this.#unread = new Set(ours.filter((_, at) => !couldRead[at]));
  }

  /** Takes up the copy with this description, if it is whole; false = the description could not be read. */
  async #find(name: string): Promise<boolean> {
    const { dir, now } = this.#options;
    const text = await lookPatiently(() => readFile(join(dir, name), 'utf8'));
    if (text.kind === 'unknown') return false;
    const facts = factsSchema.safeParse(parseJson(text.kind === 'known' ? text.value : ''));
    if (!facts.success || this.copyOf(facts.data.key).kind === 'ok') return true;
    const copy = { facts: facts.data, path: join(dir, name.replace(/json$/, 'media')) };
    if (!(await isGone(copy))) this.#known.set(facts.data.key, { kind: 'ok', value: copy, atMs: now() });
    return true;
  }

  /** The copy of this object, as known by the last look. */
  copyOf(key: string): Fetched<LocalCopy> {
    return fetched(this.#known, key);
  }

  /** All copies. Looks first whether their files are still there: the state directory may have been emptied. */
  async look(statFile: StatFile = stat): Promise<MediaTables['copies']> {
    for (const [key, copy] of this.#known) {
      if (copy.kind !== 'ok') continue;
      const gone = await isGone(copy.value, statFile);
      if (gone && this.#known.get(key) === copy) this.#known.delete(key);
    }
    return new Map(this.#known);
  }

  /** Makes or renews the copy, unless it was compared with the store within `maxAgeMs`. An existing copy is kept while the store fails. */
  keep(key: string, maxAgeMs: number): void {
    this.#wanted.set(key, this.#options.now());
    const known = this.copyOf(key);
    const fresh = known.kind !== 'pending' && this.#options.now() - known.atMs <= maxAgeMs;
    if (fresh || this.#busy.has(key)) return;
    this.#busy.add(key);
    this.#queue = this.#queue
      .then(() => this.#renew(key))
      .finally(() => {
        this.#busy.delete(key);
        this.#options.wake();
      });
  }

  async #renew(key: string): Promise<void> {
    const { now } = this.#options;
    const before = this.copyOf(key);
    const made = await this.#make(key, before.kind === 'ok' ? before.value : null);
    if (made.kind === 'ok') {
      this.#known.set(key, { kind: 'ok', value: made.value, atMs: now() });
      await this.#sweep();
    } else if (before.kind === 'ok') this.#known.set(key, { ...before, atMs: now() });
    else this.#known.set(key, { kind: 'failed', failure: made.failure, atMs: now(), lastGood: null });
  }

  async #make(key: string, before: LocalCopy | null): Promise<MediaResult<LocalCopy>> {
    const { dir, factsOf, getStreamUrl, caFile } = this.#options;
    const facts = await factsOf(key);
    if (facts.kind === 'failed') return facts;
    if (before?.facts.version === facts.value.version) return { kind: 'ok', value: before };
    const url = await getStreamUrl(key);
    if (url.kind === 'failed') return url;
    if (url.value.startsWith('file:')) return { kind: 'ok', value: { facts: facts.value, path: url.value.slice(5) } };
    const base = join(
      dir,
      `copy-${createHash('sha256').update(`${key}\n${facts.value.version}`).digest('hex').slice(0, 16)}`,
    );
    try {
      if (facts.value.sizeBytes > (await freeBytes(dir)) * SHARE_OF_FREE)
        return failed(key, `has ${Math.round(facts.value.sizeBytes / 1e6)} MB, more than half of what is free here`);
      await download(url.value, caFile, `${base}.part`, facts.value.sizeBytes);
      await rename(`${base}.part`, `${base}.media`);
      this.#options.write(`${base}.json`, JSON.stringify(facts.value));
    } catch (error) {
      await rm(`${base}.part`, { force: true }).catch(() => undefined);
      return failed(
        key,
        `could not be copied to this machine: ${error instanceof Error ? error.message : 'unknown error'}`,
      );
    }
    const copy: LocalCopy = { facts: facts.value, path: `${base}.media` };
    return { kind: 'ok', value: copy };
  }

  /** Deletes the copies of keys that were not asked for lately. A playout goes on reading a deleted file. */
  async #sweep(): Promise<void> {
    const { dir, now } = this.#options;
    if (this.#unread === null) await this.load();
    if (this.#unread === null) return;
    for (const [key, askedAtMs] of this.#wanted) if (now() - askedAtMs > WANTED_FOR_MS) this.#wanted.delete(key);
    for (const key of this.#known.keys()) if (!this.#wanted.has(key)) this.#known.delete(key);
    const paths = [...this.#known.values()].flatMap((copy) => (copy.kind === 'ok' ? [copy.value.path] : []));
    const unread = [...this.#unread].map((name) => join(dir, name.replace(/json$/, 'media')));
    const used = new Set([...paths, ...unread].flatMap((path) => [path, path.replace(/media$/, 'json')]));
    for (const name of await readdir(dir).catch(() => [])) {
      if (NAME.test(name) && !used.has(join(dir, name)))
        await rm(join(dir, name), { force: true }).catch(() => undefined);
    }
  }
}

type StatFile = (path: string) => Promise<Stats>;

/** Whether the file is gone, or has another length. A file that cannot be read may be there. */
async function isGone({ facts, path }: LocalCopy, statFile: StatFile = stat): Promise<boolean> {
  try {
    const found = await statFile(path);
    return !found.isFile() || found.size !== facts.sizeBytes;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(errorCode(error));
  }
}

const failed = (key: string, what: string): { readonly kind: 'failed'; readonly failure: MediaFailure } => ({
  kind: 'failed',
  failure: { reason: 'StorageError', message: `${JSON.stringify(key)} ${what}` },
});

async function download(url: string, caFile: string | null, path: string, sizeBytes: number): Promise<void> {
  const ca = caFile === null ? null : await readFile(caFile);
  const atMostMs = Math.round(DOWNLOAD_AT_MOST_MS + sizeBytes / SLOWEST_BYTES_PER_MS);
  const silence = { atMostMs: SILENCE_MS, error: new Error('the store fell silent') };
  const signal = AbortSignal.timeout(atMostMs);
  const response = await askByHttp({ ...rawTarget(url), signal, ca, silence });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`the store answered ${response.statusCode}`);
  }
  let length = 0;
  const bounded = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      length += chunk.length;
      if (length > sizeBytes) throw new Error('more arrived than the object has');
      yield chunk;
    }
  };
  await pipeline(response, bounded, createWriteStream(path, { mode: 0o600 }));
  const { size } = await stat(path);
  if (size !== sizeBytes) throw new Error(`${size} of ${sizeBytes} bytes arrived`);
}
