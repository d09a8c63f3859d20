import { Refusals } from './refusals.ts';
import { WorkLane } from './work-lane.ts';
import type { ProbeCache } from '../probe/cache.ts';
import type { Prober } from '../probe/prober.ts';
import type { ByteSample, ItemFacts, ListedObject } from '../../reconcile/model/item.ts';
import { type Fetched, fetched, type MediaTables } from '../../reconcile/model/observation.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import type { Sampler } from '../../store/fetch/sample.ts';
import { shownKey } from '../../store/keys.ts';
import type { MediaResult, Storage } from '../../store/port.ts';

export interface MediaCatalogueOptions {
  readonly storage: Storage;
  readonly probe: Prober;
  readonly sample: Sampler;
  readonly cache: ProbeCache;
  /** How long the address that a probe reads from lives, seconds. */
  readonly urlTtlS: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Called after every answer. */
  readonly wake: () => void;
}

const MAX_PROBES_AT_ONCE = 2;
const MAX_LISTS_AT_ONCE = 1;
const MAX_WAITING = 64;
const MAX_ITEMS = 5_000;
/** An item that is not inspected by then counts as failed until it is (measured: half a second is usual). */
const INSPECTION_PATIENCE_MS = 5_000;
/** Few, as each may hold 100,000 keys. */
const MAX_PREFIXES = 4;

/**
 * Stands between the slow store and the loop: requests return at once, answers are read from tables, and `wake` says when there
 * is a new one. A request that is under way is not made twice. Nothing is retried here: the planner asks again for a newer
 * answer, and a request that finds the queue full is dropped.
 */
export class MediaCatalogue {
  readonly #options: MediaCatalogueOptions;
  readonly #items = new Shelf<ItemFacts>(MAX_ITEMS);
  readonly #listings = new Shelf<readonly ListedObject[]>(MAX_PREFIXES);
  readonly #inspections = new WorkLane(MAX_PROBES_AT_ONCE, MAX_WAITING);
  readonly #refusals = new Refusals(MAX_ITEMS);
  /** When the inspections under way were begun, by key. */
  readonly #begunAtMs = new Map<string, number>();
  readonly #lists = new WorkLane(MAX_LISTS_AT_ONCE, MAX_PREFIXES);

  constructor(options: MediaCatalogueOptions) {
    this.#options = options;
  }

  /** Asks for the keys under a prefix, unless an answer no older than `maxAgeMs` is there or on its way. */
  list(prefix: string, maxAgeMs: number): void {
    if (this.#isFresh(this.#listings.get(prefix), maxAgeMs)) return;
    this.#lists.submit(prefix, async () => {
      const listing = await this.#options.storage.listMedia(prefix);
      // An object that was refused and has been replaced is as unknown as a new one.
      for (const object of listing.kind === 'ok' ? listing.value : []) {
        if (!this.#refusals.isReplaced(object)) continue;
        this.#refusals.forget(object.key);
        this.#items.forget(object.key);
      }
      this.#land(this.#listings, prefix, this.#asKnown(prefix, listing));
    });
  }

  /**
   * Asks for the facts of an object, unless an answer no older than `maxAgeMs` is there or on its way. A replaced object
   * is inspected anew. With a sample the answer is a failure of the store if those bytes cannot be read.
   */
  inspect(key: string, maxAgeMs: number, sample: ByteSample | null = null): void {
    if (this.#isFresh(this.#items.get(key), maxAgeMs)) return;
    const askedAtMs = this.#options.now();
    this.#inspections.submit(key, async () => {
      this.#begunAtMs.set(key, this.#options.now());
      const facts = await this.factsNow(key);
      const flaw = facts.kind === 'ok' && sample !== null ? await this.#sampleFailure(key, sample) : null;
      this.#begunAtMs.delete(key);
      // The answer counts from the time of the question: one asked before a suspicion arose does not settle it.
      this.#land(this.#items, key, flaw === null ? facts : { kind: 'failed', failure: flaw }, askedAtMs);
    });
  }

  /** Replaces the facts of an object, until the object itself is replaced. */
  mend(facts: ItemFacts): void {
    this.#options.cache.put(facts);
    this.#land(this.#items, facts.key, { kind: 'ok', value: facts });
  }

  /** All answers so far. Later answers come into the tables of a later call. */
  tables(): Pick<MediaTables, 'listings' | 'facts'> {
    this.#passOverWhatHangs();
    return { listings: this.#listings.table(), facts: this.#items.table() };
  }

  /** An object without an answer whose inspection takes too long counts as failed until its answer comes. */
  #passOverWhatHangs(): void {
    for (const [key, begunAtMs] of this.#begunAtMs) {
      const forMs = this.#options.now() - begunAtMs;
      if (forMs < INSPECTION_PATIENCE_MS || this.#items.get(key).kind !== 'pending') continue;
      const message = `${shownKey(key)} has not been inspected within ${INSPECTION_PATIENCE_MS / 1_000} s: the store is slow, or does not send it as it is`;
      this.#items.put(
        key,
        { kind: 'failed', failure: { reason: 'StorageSlow', message } },
        this.#options.now(),
        begunAtMs,
      );
    }
  }

  /** Asks for the object now, and inspects it unless this version is in the cache. The answer does not go into the tables. */
  async factsNow(key: string): Promise<MediaResult<ItemFacts>> {
    const { storage, probe, cache, urlTtlS } = this.#options;
    const listed = await storage.statMedia(key);
    if (listed.kind === 'failed') return listed;
    const cached = cache.get(key, listed.value.version);
    if (cached !== null) return { kind: 'ok', value: cached };
    const refused = this.#refusals.known(listed.value, this.#options.now());
    if (refused !== null) return { kind: 'failed', failure: refused };
    const url = await storage.getStreamUrl(key, urlTtlS);
    if (url.kind === 'failed') return url;
    const facts = await probe(url.value, listed.value);
    if (facts.kind === 'ok') {
      cache.put(facts.value);
      this.#refusals.forget(key);
    } else if (facts.failure.reason === 'MediaUndecodable') {
      this.#refusals.add(listed.value, facts.failure, this.#options.now());
    }
    return facts;
  }

  /** A listing without changes is answered by the earlier array, so that what was made from that array, such as its shuffle, stays. */
  #asKnown(prefix: string, listing: MediaResult<readonly ListedObject[]>): MediaResult<readonly ListedObject[]> {
    const last = lastGoodOf(this.#listings.get(prefix));
    if (listing.kind === 'failed' || last === null || last.value.length !== listing.value.length) return listing;
    const isSame = listing.value.every(({ key, version }, at) => {
      const before = last.value[at];
      return before?.key === key && before.version === version;
    });
    return isSame ? { kind: 'ok', value: last.value } : listing;
  }

  async #sampleFailure(key: string, sample: ByteSample): Promise<MediaFailure | null> {
    const url = await this.#options.storage.getStreamUrl(key, this.#options.urlTtlS);
    return url.kind === 'failed' ? url.failure : this.#options.sample(url.value, key, sample);
  }

  #isFresh(entry: Fetched<unknown>, maxAgeMs: number): boolean {
    return entry.kind !== 'pending' && this.#options.now() - entry.atMs <= maxAgeMs;
  }

  /** Keeps the answer. A good one counts from its question on, a failure from its arrival. */
  #land<T>(shelf: Shelf<T>, name: string, result: MediaResult<T>, askedAtMs = this.#options.now()): void {
    shelf.put(name, result, result.kind === 'ok' ? askedAtMs : this.#options.now());
    this.#options.wake();
  }
}

/** The answers of one kind. When full it drops the oldest, which is not needed: what is needed is asked about again and again. */
class Shelf<T> {
  readonly #capacity: number;
  #entries = new Map<string, Fetched<T>>();
  /** The table was handed out, so the next answer goes into a copy. */
  #shared = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(name: string): Fetched<T> {
    return fetched(this.#entries, name);
  }

  /** The table of all answers, the same one until the next answer comes: a look costs nothing. */
  table(): ReadonlyMap<string, Fetched<T>> {
    this.#shared = true;
    return this.#entries;
  }

  forget(name: string): void {
    if (!this.#entries.has(name)) return;
    this.#own();
    this.#entries.delete(name);
  }

  /** `begunAtMs`: since when it counts as of this kind, where the answer before it was of another. */
  put(name: string, result: MediaResult<T>, atMs: number, begunAtMs = atMs): void {
    const before = this.get(name);
    const sinceMs = before.kind === result.kind ? (before.sinceMs ?? before.atMs) : begunAtMs;
    this.#own();
    this.#entries.delete(name);
    this.#entries.set(
      name,
      result.kind === 'ok'
        ? { kind: 'ok', value: result.value, atMs, sinceMs }
        : { kind: 'failed', failure: result.failure, atMs, sinceMs, lastGood: lastGoodOf(before) },
    );
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity) break;
      this.#entries.delete(oldest);
    }
  }

  /** Makes a copy if the table was handed out. */
  #own(): void {
    if (this.#shared) this.#entries = new Map(this.#entries);
    this.#shared = false;
  }
}

function lastGoodOf<T>(entry: Fetched<T>): { readonly value: T; readonly atMs: number } | null {
  switch (entry.kind) {
    case 'pending':
      return null;
    case 'ok':
      return { value: entry.value, atMs: entry.atMs };
    case 'failed':
      return entry.lastGood;
  }
}
