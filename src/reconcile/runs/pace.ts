import type { PaceHistory, PaceSample } from '../model/run.ts';

/** Media time that has reached the ingest, against the clock. */
export interface Pace {
  /** Media seconds per second over the last 30 s; null = watched for less than 10 s. */
  readonly perSecond: number | null;
  /** How far it has fallen behind since this daemon first saw it. */
  readonly lagMs: number;
  /** What has held it back for at least 8 s and still does; null = it keeps up, or the cause is not known. */
  readonly heldBackBy: HeldBackBy | null;
  /** It has made up at least 1 s within the last 10 s: what held it back is over. */
  readonly catchesUp: boolean;
}

/**
 * `line`: the ingest takes less than the stream has. `input`: the playout writes less than the clock asks for. `store`: as
 * `input`, and the playout has read all that the store has sent.
 */
export type HeldBackBy = 'line' | 'input' | 'store';

const WINDOW_MS = 30_000;
/** Over a shorter time single packets change the ratio. */
const SHORTEST_MS = 10_000;
/** Behind by more than this within the window is no jitter: FFmpeg's `-re` makes up for a shorter gap of its input at once. */
const BEHIND_MS = 2_000;
/** Behind by less than this has recovered; between the two limits the answer stays what it was. */
const RECOVERED_MS = 1_000;
/** It must be behind this long without a break: a stall, a join or a swap is made up for by then. */
const HOLD_MS = 8_000;
/** Behind by more than this since the first look is never made up for, however slowly it came about. */
export const FOR_GOOD_MS = 30_000;
/** In less media time one key frame more or less changes the rate; where so little is written, the whole session's counts. */
const RATE_OVER_MS = 2_000;
const CATCHES_UP_WITHIN_MS = 10_000;
const CATCHES_UP_BY_MS = 1_000;

/** Rules, conditions and `/health` ask for the same one in every pass. */
const paces = new WeakMap<PaceHistory, Pace | null>();

/** The pace that these samples show; null while the uplink's media time is not known. */
export function paceOf(history: PaceHistory | null): Pace | null {
  if (history === null) return null;
  const pace = paces.get(history) ?? computePace(history);
  paces.set(history, pace);
  return pace;
}

function computePace(history: PaceHistory): Pace | null {
  const looks = lagsOf(history);
  const last = looks.at(-1);
  if (last === undefined) return null;
  const begin = looks.find(({ atMs }) => last.atMs - atMs <= WINDOW_MS) ?? last;
  const spanMs = last.atMs - begin.atMs;
  const earlier = looks.findLast(({ atMs }) => last.atMs - atMs >= CATCHES_UP_WITHIN_MS);
  return {
    perSecond: spanMs < SHORTEST_MS ? null : Math.max(0, 1 - (last.lagMs - begin.lagMs) / spanMs),
    lagMs: last.lagMs,
    heldBackBy: heldBackBy(looks),
    catchesUp: earlier !== undefined && earlier.lagMs - last.lagMs >= CATCHES_UP_BY_MS,
  };
}

interface Look extends PaceSample {
  /** How far the media time has fallen behind the clock since the first look. */
  readonly lagMs: number;
  /** Behind the best of the window before it. */
  readonly behindMs: number;
}

/** Bytes still in the send queue are not delivered: they are subtracted, as media time at the rate of what was written last. */
function lagsOf({ first, recent }: PaceHistory): readonly Look[] {
  const [oldest] = recent;
  const last = recent.at(-1);
  if (oldest === undefined || last === undefined) return [];
  const writtenMs = last.outTimeMs - oldest.outTimeMs;
  const bytes = last.totalBytes - oldest.totalBytes;
  const isEnough = writtenMs >= RATE_OVER_MS && bytes > 0;
  const msPerByte = isEnough ? writtenMs / bytes : last.outTimeMs / Math.max(1, last.totalBytes);
  const looks: Look[] = [];
  for (const sample of recent) {
    const passedMs = sample.atMs - first.atMs;
    const lagMs = passedMs - (sample.outTimeMs - first.outTimeMs - sample.queuedBytes * msPerByte);
    const window = looks.filter(({ atMs }) => sample.atMs - atMs <= WINDOW_MS);
    const bestMs = Math.min(lagMs, ...window.map((look) => look.lagMs));
    looks.push({ ...sample, lagMs, behindMs: lagMs - bestMs });
  }
  return looks;
}

/** A cause is named once the uplink was behind for `HOLD_MS` by that cause alone, until the cause ends or it has recovered. */
function heldBackBy(looks: readonly Look[]): HeldBackBy | null {
  let said: HeldBackBy | null = null;
  for (const [at, look] of looks.entries()) {
    const recent = looks.slice(0, at + 1).filter(({ atMs }) => look.atMs - atMs <= HOLD_MS);
    const cause = causeOf(recent);
    if (said !== null && (look.behindMs > RECOVERED_MS || isBehind(look)) && cause !== null) {
      said = cause;
      continue;
    }
    const isLongEnough = look.atMs - looks[0]!.atMs >= HOLD_MS;
    said = isLongEnough && recent.every(isBehind) ? cause : null;
  }
  return said;
}

const isBehind = ({ behindMs, lagMs }: Look): boolean => behindMs > BEHIND_MS || lagMs > FOR_GOOD_MS;

/**
 * The cause that these looks show. A line that is too thin keeps the send queue filled, and the gate waits for the uplink.
 * Too little input keeps the gate waiting for bytes. Neither: FFmpeg waits by itself, as it does at a gap in an item's times.
 */
function causeOf(looks: readonly Look[]): HeldBackBy | null {
  const starved = looks.filter(({ flow }) => flow === 'starved' || flow === null).length;
  if (starved * 2 >= looks.length) return isStores(looks) ? 'store' : 'input';
  return looks.every(({ queuedBytes }) => queuedBytes > 0) ? 'line' : null;
}

/** In most looks the playout had read all that had come: an encoder that is too slow leaves bytes unread. */
function isStores(looks: readonly Look[]): boolean {
  const known = looks.filter(({ hasReadAll }) => hasReadAll !== null);
  return known.length > 0 && known.filter(({ hasReadAll }) => hasReadAll).length * 2 > known.length;
}
