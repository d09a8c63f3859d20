import type { DesiredFile, DesiredSpec } from './desired.ts';
import type { ItemFacts, ListedObject, LocalCopy } from './item.ts';
import type { Observed } from './observed.ts';
import type { HouseClip } from './playout.ts';
import type { MediaFailure } from './reasons.ts';
import type { FfmpegEnd, PlayoutRun, Role, UplinkRun } from './run.ts';
import type { YouTubeObservation } from './youtube/youtube.ts';

/**
 * Everything the planner may know, taken in one look. Plain data: a `structuredClone` of it plans the same. Times are
 * monotonic milliseconds unless their name says otherwise.
 */
export interface Observation {
  readonly desired: DesiredObservation;
  /** Every living process that carries our marker. */
  readonly runs: Observed<{ readonly uplinks: readonly UplinkRun[]; readonly playouts: readonly PlayoutRun[] }>;
  /** How long this machine has been suspended since boot, in all; null = could not be read. */
  readonly suspendedMs: number | null;
  /** Runs that have ended and left files behind. */
  readonly exits: readonly RunExit[];
  readonly media: MediaTables;
  /** When `recycle` fires next; null = never. */
  readonly recycle: RecycleSchedule | null;
  readonly toolchain: Toolchain;
  /** Whether an `mbuffer` that works is installed; without it playouts write to their gates directly. */
  readonly mbuffer: 'atHand' | 'missing';
  readonly ingest: IngestProbe;
  /** What prevents any start, such as a missing stream key. */
  readonly obstacles: readonly Obstacle[];
  readonly youtube: YouTubeObservation;
  /** Which messages about troubles were delivered; null = no `NOTIFY_URL` is set. */
  readonly notifier: NotifierView | null;
}

export interface NotifierView {
  /** How long a trouble lasts before a message is sent: `NOTIFY_AFTER`. */
  readonly afterMs: number;
  /** Ids of notices that were delivered lately, the latest last; bounded. */
  readonly delivered: readonly string[];
  /** How the last try ended; null = this daemon has sent nothing. */
  readonly last:
    | { readonly kind: 'delivered'; readonly atWallMs: number }
    | { readonly kind: 'failed'; readonly why: string; readonly atWallMs: number }
    | null;
}

export interface DesiredObservation {
  /** The file as it is now. */
  readonly file: DesiredFile;
  /** The last valid one, which may be `file` itself; null = there never was one. */
  readonly accepted: { readonly hash: string; readonly spec: DesiredSpec } | null;
}

export interface RunExit extends FfmpegEnd {
  readonly runId: string;
  readonly role: Role;
  /** Media time it had written; null = its progress could not be read. */
  readonly outTimeMs: number | null;
  readonly lastError: string | null;
}

/** An answer of the store, which comes some passes after the planner asked. */
export type Fetched<T> =
  | { readonly kind: 'pending' }
  | {
      readonly kind: 'ok';
      readonly value: T;
      readonly atMs: number;
      /** Since when every answer has been of this kind; absent = since `atMs`. */
      readonly sinceMs?: number;
    }
  /** The last attempt failed; `lastGood` is what an earlier one found. */
  | {
      readonly kind: 'failed';
      readonly failure: MediaFailure;
      readonly atMs: number;
      /** As above. */
      readonly sinceMs?: number;
      readonly lastGood: { readonly value: T; readonly atMs: number } | null;
    };

/** The store's answers so far. A name in no table was not asked about, or not answered yet. */
export interface MediaTables {
  /** By prefix. */
  readonly listings: ReadonlyMap<string, Fetched<readonly ListedObject[]>>;
  /** By key. */
  readonly facts: ReadonlyMap<string, Fetched<ItemFacts>>;
  /** By key: the copies of slate and visuals on this machine. */
  readonly copies: ReadonlyMap<string, Fetched<LocalCopy>>;
  /** By `clipId`: slate and visuals in house format. */
  readonly clips: ReadonlyMap<string, Fetched<HouseClip>>;
}

/** The answer about this name; `pending` where the table has none. */
export const fetched = <T>(table: ReadonlyMap<string, Fetched<T>>, name: string): Fetched<T> =>
  table.get(name) ?? { kind: 'pending' };

/** The value last given, also where a later answer failed; null = there was none yet. */
export const lastKnown = <T>(answer: Fetched<T>): T | null =>
  answer.kind === 'ok' ? answer.value : answer.kind === 'failed' ? (answer.lastGood?.value ?? null) : null;

/** The FFmpeg of this machine, and what it can do. */
export type Toolchain =
  | {
      readonly kind: 'ready';
      readonly version: string;
      readonly keyDelivery: KeyDelivery;
      /** It has `zscale` and `tonemap`, which make SDR of HDR. */
      readonly toneMapping: boolean;
    }
  | { readonly kind: 'checking' }
  | { readonly kind: 'unusable'; readonly reason: 'FfmpegMissing' | 'FfmpegUnusable'; readonly message: string };

/**
 * `preset`: through `-fpre`, seen to work with this very binary. `argv`: in the command line, as nothing better works
 * with it (FFmpeg 8.1 and later ignore the preset and would publish an empty name).
 */
export type KeyDelivery = 'preset' | 'argv';

/** Whether the ingest's TCP port answers; asked only while waiting to publish again. */
export type IngestProbe =
  | { readonly kind: 'idle' }
  | { readonly kind: 'accepts'; readonly atMs: number }
  | { readonly kind: 'refuses'; readonly atMs: number; readonly message: string };

export interface Obstacle {
  readonly reason: 'StreamKeyMissing' | 'StorageNotConfigured';
  readonly message: string;
}

/** The moment of a pass. */
export interface Moment {
  /** CLOCK_MONOTONIC: the same clock for every daemon of one boot. */
  readonly monoMs: number;
  readonly wallMs: number;
  /** Unique for every pass of every daemon; run ids are made from it. */
  readonly nonce: string;
}

/**
 * A planned end of the broadcast. YouTube counts the hours of a live stream only once it is a video, which only
 * broadcasts under 12 hours become (support.google.com/youtube/answer/6247592, /72851); with auto-stop on, a minute off
 * air ends one.
 */
export interface RecycleSchedule {
  /** Expression and time zone: another name is another schedule. */
  readonly name: string;
  /** Wall times of the next two firings. */
  readonly nextWallMs: number;
  readonly followingWallMs: number;
}
