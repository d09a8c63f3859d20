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
  /** Life of the address a probe reads from, seconds. */
  readonly urlTtlS: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Called after every result that landed. */
  readonly wake: () => void;
}

/** How old an answer may be, in milliseconds, before a request asks the store again. */
export interface Freshness {
  readonly maxAgeMs: number;
}

const MAX_PROBES_AT_ONCE = 2;
const MAX_LISTS_AT_ONCE = 1;
const MAX_WAITING = 64;
const MAX_ITEMS = 5_000;
/** An item that has not been inspected by then does not keep the next one waiting; measured: half a second is usual. */
const INSPECTION_PATIENCE_MS = 5_000;
// Each may hold 100,000 keys.
const MAX_PREFIXES = 4;

/**
 * Stands between the slow store and the loop: requests return at once, answers are read synchronously, and `wake` says
 * when to look again. The same request made twice runs once. Nothing is retried here: who wants a newer answer asks
 * again, and a request that finds the queue full is forgotten, to be made again.
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
  list(prefix: string, { maxAgeMs }: Freshness): void {
    if (this.#isFresh(this.#listings.get(prefix), maxAgeMs)) return;
    this.#lists.submit(prefix, async () => {
      const listing = await this.#options.storage.listMedia(prefix);
      // What was refused and is another object now is as unknown as a new one.
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
   * is inspected anew. With a sample, it is a failure of the store if those bytes cannot be had.
   */
  inspect(key: string, { maxAgeMs }: Freshness, sample: ByteSample | null = null): void {
    if (this.#isFresh(this.#items.get(key), maxAgeMs)) return;
    const askedAtMs = this.#options.now();
    this.#inspections.submit(key, async () => {
      this.#begunAtMs.set(key, this.#options.now());
      const facts = await this.factsNow(key);
      const flaw = facts.kind === 'ok' && sample !== null ? await this.#sampleFailure(key, sample) : null;
      this.#begunAtMs.delete(key);
      // What was asked before something was suspected is no answer to that, however late it comes.
      this.#land(this.#items, key, flaw === null ? facts : { kind: 'failed', failure: flaw }, askedAtMs);
    });
  }

  /** An object turned out to be other than it was taken for: these are its facts until it is replaced. */
  mend(facts: ItemFacts): void {
    this.#options.cache.put(facts);
    this.#land(this.#items, facts.key, { kind: 'ok', value: facts });
  }

  /** All that is known now. A later answer is in the tables of a later call. */
  tables(): Pick<MediaTables, 'listings' | 'facts'> {
    this.#passOverWhatHangs();
    return { listings: this.#listings.table(), facts: this.#items.table() };
  }

  /** What is not known at all and has been looked at for too long counts as failed, until its answer comes. */
  #passOverWhatHangs(): void {
    for (const [key, begunAtMs] of this.#begunAtMs) {
      const forMs = this.#options.now() - begunAtMs;
      if (forMs < INSPECTION_PATIENCE_MS || this.#items.get(key).kind !== 'pending') continue;
      const message = `${shownKey(key)} has not been inspected within ${INSPECTION_PATIENCE_MS / 1_000} s: the store is slow, or does not send it as it is`;
      this.#items.put(key, { kind: 'failed', failure: { reason: 'StorageSlow', message } }, this.#options.now());
    }
  }

  /** Resolves when nothing is under way any more and what was learnt is on disk. */
  async settled(): Promise<void> {
    await Promise.all([this.#inspections.idle(), this.#lists.idle()]);
    await this.#options.cache.flush();
  }

  /** Facts as of now, not kept for `facts`: the object is asked for, and inspected if it is a new one. */
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

  /** A listing that tells nothing new is the very array that is known, so that what was made of it, such as its shuffle, stays. */
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

  /** A good answer is as old as its question; a failure was one when it came. */
  #land<T>(shelf: Shelf<T>, name: string, result: MediaResult<T>, askedAtMs = this.#options.now()): void {
    shelf.put(name, result, result.kind === 'ok' ? askedAtMs : this.#options.now());
    this.#options.wake();
  }
}

/** The answers of one kind. The oldest makes room: what is needed is asked about again and again, so it is never old. */
class Shelf<T> {
  readonly #capacity: number;
  #entries = new Map<string, Fetched<T>>();
  /** Somebody holds the table as it is, so the next answer goes into a copy. */
  #shared = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(name: string): Fetched<T> {
    return fetched(this.#entries, name);
  }

  /** The same table for as long as no answer comes: a look costs nothing, however much is known. */
  table(): ReadonlyMap<string, Fetched<T>> {
    this.#shared = true;
    return this.#entries;
  }

  forget(name: string): void {
    if (!this.#entries.has(name)) return;
    this.#own();
    this.#entries.delete(name);
  }

  put(name: string, result: MediaResult<T>, atMs: number): void {
    const before = this.get(name);
    const sinceMs = before.kind === result.kind ? (before.sinceMs ?? before.atMs) : atMs;
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

  /** Nobody else holds the table from here on. */
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
