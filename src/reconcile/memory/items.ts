import { afterDeath, isFrequent, type RetryPolicy } from './backoff.ts';
import { type Backoff, type ItemMemory, type Memory, NO_BACKOFF, type Suspicion } from '../model/memory.ts';
import { fetched, type MediaTables } from '../model/observation.ts';
import type { MediaFailure } from '../model/reasons.ts';
import type { ItemRecord, Stream } from '../model/run.ts';

/** The items in trouble, by key. */
type Items = Memory['items'];

/** The memory of one item. A key may be `constructor`, so only own properties count. */
export const itemMemory = (items: Items, key: string): ItemMemory | undefined =>
  Object.hasOwn(items, key) ? items[key] : undefined;

/** Without the memory of an item, once it was played to its end. */
export function withoutTrouble(items: Items, key: string): Items {
  if (itemMemory(items, key) === undefined) return items;
  return Object.fromEntries(Object.entries(items).filter(([other]) => other !== key));
}

/** How a playout of an item died. */
export interface ItemDeath {
  readonly healthy: boolean;
  /** Where in the item it ended by itself; null = it did not end by itself. */
  readonly endedEarlyAtMs: number | null;
  /** It was ended because it got too little from the store. */
  readonly starved: boolean;
  /** The version of the object that was played. */
  readonly version: string;
}

/** With the death of a playout of this item, and the wait that follows. */
export function withDeath(items: Items, key: string, death: ItemDeath, policy: RetryPolicy, nowMs: number): Items {
  const before = itemMemory(items, key);
  const backoff = afterDeath(before ?? NO_BACKOFF, policy, death.healthy, nowMs);
  const item: ItemMemory = {
    version: death.version,
    ...(death.healthy ? backoff : atMostSoOften(backoff)),
    endedEarlyAtMs: death.endedEarlyAtMs ?? before?.endedEarlyAtMs ?? null,
    storeFailed: before?.storeFailed ?? false,
    suspicion: suspicionAfter(death, nowMs) ?? before?.suspicion ?? null,
    missing: before?.missing ?? null,
    tooSlow: before?.tooSlow ?? null,
  };
  return bounded({ ...items, [key]: item });
}

/** Waits at least so long that `MOST_STARTS` fall within `WITHIN_MS`: each failed start costs a moment of the slate. */
function atMostSoOften(backoff: Backoff): Backoff {
  const earlierMs = backoff.deathsAtMs.at(-MOST_STARTS);
  return earlierMs === undefined
    ? backoff
    : { ...backoff, notBeforeMs: Math.max(backoff.notBeforeMs, earlierMs + WITHIN_MS) };
}

const MOST_STARTS = 3;
const WITHIN_MS = 60_000;

type Played = Pick<ItemRecord, 'key' | 'version'>;
type Fault = Pick<ItemMemory, 'missing'> | Pick<ItemMemory, 'tooSlow'>;

/** With a fault seen while the item was played; the item waits as after a death. */
export function withFault(
  items: Items,
  { key, version }: Played,
  fault: Fault,
  policy: RetryPolicy,
  nowMs: number,
): Items {
  const death: ItemDeath = { healthy: false, endedEarlyAtMs: null, starved: false, version };
  const after = withDeath(items, key, death, policy, nowMs);
  const item = itemMemory(after, key);
  return item === undefined ? after : { ...after, [key]: { ...item, ...fault } };
}

function suspicionAfter({ starved, endedEarlyAtMs }: ItemDeath, nowMs: number): Suspicion | null {
  if (starved) return { kind: 'starved', sinceMs: nowMs };
  return endedEarlyAtMs === null ? null : { kind: 'endedEarly', sinceMs: nowMs };
}

/** Forgets the place where the item once ended early, when it plays past it: then the object is not to blame. */
export function withPosition(items: Items, key: string, positionMs: number): Items {
  const item = itemMemory(items, key);
  if (item === undefined || item.endedEarlyAtMs === null || positionMs < item.endedEarlyAtMs + PAST_MS) return items;
  return { ...items, [key]: { ...item, endedEarlyAtMs: null } };
}

const PAST_MS = 3_000;

/**
 * Brings the memory of items up to the store's answers. An answer ends waits that an outage of the store caused, and the
 * suspicion of one. The memory of an object that was replaced is dropped.
 */
export function withStore(items: Items, media: MediaTables, nowMs: number): Items {
  let changed = items;
  for (const [key, item] of Object.entries(items)) {
    const facts = fetched(media.facts, key);
    if (facts.kind === 'ok' && item.version !== undefined && item.version !== facts.value.version) {
      changed = withoutTrouble(changed, key);
    } else if (facts.kind === 'failed' && facts.failure.reason.startsWith('Storage') && !item.storeFailed) {
      changed = { ...changed, [key]: { ...item, storeFailed: true } };
    } else if (facts.kind === 'ok' && isProvenBy(item, facts.atMs)) {
      changed = { ...changed, [key]: withStoreProven(item, nowMs) };
    }
  }
  return changed;
}

/** Whether an answer at this time clears the doubt about the store. */
const isProvenBy = ({ storeFailed, suspicion }: ItemMemory, atMs: number): boolean =>
  suspicion === null ? storeFailed : atMs > suspicion.sinceMs;

/** The memory of an item that the store gives again: deaths that the store caused are forgiven. */
function withStoreProven(item: ItemMemory, nowMs: number): ItemMemory {
  const { storeFailed, suspicion, deathsAtMs } = item;
  const cleared: ItemMemory = { ...item, storeFailed: false, suspicion: null };
  const forgiven = { ...cleared, ...NO_BACKOFF, notBeforeMs: nowMs, endedEarlyAtMs: null };
  if (storeFailed) return forgiven;
  // A store that passes every test and still starves every playout: from the fifth death in ten minutes on the item waits.
  const starves = suspicion?.kind === 'starved' && !isFrequent(deathsAtMs, nowMs);
  return starves ? { ...forgiven, deathsAtMs } : cleared;
}

/** The failure of an item by what was seen of it on air; null = none. */
export function failureOnAir(items: Items, key: string): MediaFailure | null {
  const { missing = null, tooSlow = null } = itemMemory(items, key) ?? {};
  if (missing !== null) return streamMissing(key, missing);
  return tooSlow === null ? earlyEnd(items, key) : encodeTooSlow(key, tooSlow);
}

function encodeTooSlow(key: string, perSecond: number): MediaFailure {
  const what = `this machine encodes ${JSON.stringify(key)} too slowly, ${perSecond.toFixed(2)} s of programme a second, so it was passed over`;
  return { reason: 'EncodeTooSlow', message: `${what}; ${sparingEncode(key)}` };
}

/** What to do about an item that this machine encodes too slowly. */
export const sparingEncode = (key: string): string =>
  `"streamctl media prepare ${key}" makes a file of it that needs no encoding; a lower resolution or fps needs less`;

function streamMissing(key: string, missing: Stream): MediaFailure {
  const [reason, other] =
    missing === 'picture' ? (['PictureMissing', 'sound'] as const) : (['SoundMissing', 'picture'] as const);
  const instead = `"streamctl media prepare ${key}" makes a file of it that has both`;
  return { reason, message: `${JSON.stringify(key)} sent ${other} without ${missing}, and was replaced; ${instead}` };
}

/** The failure of an item that ended too early or gave nothing at all; null = it did not, or the store is still under suspicion. */
function earlyEnd(items: Items, key: string): MediaFailure | null {
  const { endedEarlyAtMs: atMs = null, suspicion = null } = itemMemory(items, key) ?? {};
  if (atMs === null || suspicion !== null) return null;
  if (atMs < AT_ONCE_MS) return unplayable(key);
  const message = `${JSON.stringify(key)} ended early, ${(atMs / 1000).toFixed(1)} s in: check that the object is complete and can be decoded`;
  return { reason: 'MediaEndsEarly', message };
}

/** A playout that ended before this has shown nothing. */
const AT_ONCE_MS = 50;

/** The failure of an item from which FFmpeg made nothing. */
export const unplayable = (key: string): MediaFailure => ({
  reason: 'MediaUndecodable',
  message: `${JSON.stringify(key)} could not be played: check that the object is complete and can be decoded, streamctl media inspect says more`,
});

const MOST_ITEMS = 500;

const bounded = (items: Items): Items =>
  Object.keys(items).length <= MOST_ITEMS ? items : Object.fromEntries(Object.entries(items).slice(-MOST_ITEMS));
