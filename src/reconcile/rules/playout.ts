import { isTooSlowNow } from '../memory/too-slow.ts';
import type { DesiredSpec } from '../model/desired.ts';
import type { Memory, StopManner } from '../model/memory.ts';
import type { Moment, Observation } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { ArtworkAtHand, PlayoutSpec } from '../model/playout.ts';
import type { Programme } from '../model/programme.ts';
import type { PlayoutRule } from '../model/rules.ts';
import type { PlayoutRun } from '../model/run.ts';
import { playoutHash } from '../playout/hashes.ts';
import { frameOf, houseFormat } from '../playout/house-format.ts';
import { recordOf } from '../playout/record.ts';
import { slateSpec } from '../playout/spec.ts';
import type { Candidate, Search } from '../programme/candidate.ts';
import { locate } from '../programme/cursor.ts';
import { bufferedMs, DRY_MS, isFull, reservoirBytes } from '../runs/reservoir.ts';
import { uplinkFailure } from '../runs/uplink-failure.ts';
import { livePlayouts, type World } from '../runs/world.ts';
import { type Decision, decision, kill, stop } from './decision.ts';

/** What is to happen to the playout on air. */
export interface PlayoutDecision extends Decision<PlayoutRule> {
  /** The playout that is to replace the holder; absent = none. */
  readonly replacement?: PlayoutSpec;
}

export interface PlayoutContext {
  readonly world: World;
  readonly memory: Memory;
  /** null = not known yet. */
  readonly programme: Programme | null;
  readonly search: Search | null;
  readonly artwork: ArtworkAtHand;
  /** The playout that would be started now for this run's item; null = its facts are not known. */
  readonly specFor: (run: PlayoutRun) => PlayoutSpec | null;
  /** Hash of the desired session; null = off air is desired, or there is no stream key. */
  readonly sessionHash: string | null;
  readonly now: Moment;
}

/** A holder whose media time stands still this long while its gate starves has lost its input. */
const PLAYOUT_STALLED_MS = 4_500;
/** So has a playout without a first frame after this long; FFmpeg's own reconnect gives up after 4 s. */
const FIRST_FRAME_MS = 8_000;
/** From a start to a gate in `/proc/locks`, and from one holder to the next, it takes milliseconds; this is far more. */
const COMING_MS = 5_000;
/** How long a holder may lack input when its reservoir is about to run dry: a store may stumble for a moment. */
const DRY_PATIENCE_MS = 2_000;
/** A holder that gets too little input, but some, is judged after lacking it for this long. */
const SLOW_AFTER_MS = 6_000;

/** Decides about living playouts while on air is desired; null = none is on air, and none is in the way. */
export function decidePlayout(context: PlayoutContext, spec: DesiredSpec): PlayoutDecision | null {
  const { world, memory, now } = context;
  const { holder } = world;
  if (world.surplus.length > 0) return decision('playout-surplus', kill(world.surplus, 'more than one in line'));
  const frame = frameOf(houseFormat(spec));
  const foreign = livePlayouts(world).filter((run) => run.record !== null && run.record.frame !== frame);
  if (foreign.length > 0) {
    if (saysGoodbye(context)) return decision('playout-feeds-goodbye');
    return decision('playout-frame-changed', kill(foreign, 'another size or rate is wished'));
  }
  if (holder === null) return null;

  const begun = memory.stopping[holder.runId];
  const drains = holder.life === 'draining' && (begun?.manner === 'drain' || begun?.manner === 'sever');
  if (begun !== undefined && !drains) {
    return stop('playout-stopping', holder, begun.manner, begun.reason);
  }
  const missing = memory.playouts[holder.runId]?.missing ?? null;
  if (missing !== null) {
    // Its reservoir lacks the stream as well.
    return stop('playout-one-sided', holder, 'kill', `the item sends no ${missing}`);
  }
  if (isTooSlowNow(memory, holder, now)) {
    return stop('playout-slow', holder, 'kill', 'this machine encodes it too slowly');
  }
  const storeFails = context.search?.failure?.reason.startsWith('Storage') ?? false;
  const trouble = troubleOf(holder, storeFails, now.monoMs);
  if (trouble !== null) return trouble;
  if (holder.record?.kind === 'slate' && isInDoubt(context)) return decision('playout-opens');
  const judgement = judge(context, holder, spec);
  if (judgement.kind === 'right') return decision('playout-kept');
  if (judgement.kind === 'undecided') return decision('playout-undecided');
  const replacement = judgement.by;
  const waiter = world.waiter;
  if (waiter !== null && isReady(waiter, now.monoMs) && isFor(waiter, replacement)) {
    return { ...stop('playout-handover', holder, mannerOfHandover(holder), 'something else is wished'), replacement };
  }
  return { ...decision('playout-replace'), replacement };
}

/** Whether the uplink is of another session than the desired one, and so about to end. */
export const saysGoodbye = ({ world, sessionHash }: Pick<PlayoutContext, 'world' | 'sessionHash'>): boolean =>
  world.uplink !== null && world.uplink.specHash !== sessionHash;

/** Ends a holder that plays badly; null = it plays well. Its reservoir, where it has one, plays on. */
function troubleOf(holder: PlayoutRun, storeFails: boolean, nowMs: number): PlayoutDecision | null {
  const silentMs = nowMs - (holder.progress?.advancedAtMs ?? holder.startedAtMs);
  const hasReservoir = holder.reservoir !== null;
  if (holder.isClogged && silentMs > PLAYOUT_STALLED_MS / 2) {
    return stop('playout-frozen', holder, 'kill', 'the playout is frozen');
  }
  if (holder.life === 'frozen' && silentMs > PLAYOUT_STALLED_MS / 2) {
    const manner = hasReservoir ? 'sever' : 'kill';
    return stop('playout-frozen', holder, manner, 'the playout is frozen');
  }
  if (holder.life === 'draining' || !lacksInput(holder)) return null;
  const manner = hasReservoir ? 'drain' : 'brisk';
  const begunPlaying = (holder.progress?.firstAtMs ?? null) !== null;
  if (silentMs > patienceMs(holder, begunPlaying, storeFails)) {
    return stop('playout-stalled', holder, manner, 'the playout makes no progress');
  }
  if (isTooSlow(holder, nowMs)) {
    return stop('playout-slow', holder, manner, 'the media comes too slowly');
  }
  return null;
}

/** Whether the waiter can take over, and gets its input fast enough to go on. */
export function isReady(waiter: PlayoutRun, nowMs: number): boolean {
  if (!waiter.primed || waiter.life === 'frozen') return false;
  const { reservoir, life, progress, startedAtMs } = waiter;
  if (reservoir === null || life === 'draining' || isFull(reservoir)) return true;
  return (progress?.outTimeMs ?? 0) >= (nowMs - startedAtMs) / 2;
}

/** Whether it could write more if it had more input. */
const lacksInput = ({ reservoir, gate }: PlayoutRun): boolean =>
  reservoir === null || reservoir.bytes === null ? gate?.flow === 'starved' : !isFull(reservoir);

/**
 * How long a holder that lacks input may stand still: shorter when its reservoir is about to run dry, and for an item without a
 * reservoir while the store is known to fail.
 */
function patienceMs(holder: PlayoutRun, begunPlaying: boolean, storeFails: boolean): number {
  if (holder.reservoir === null && storeFails && holder.record?.kind === 'item') return DRY_PATIENCE_MS;
  if (!begunPlaying) return FIRST_FRAME_MS;
  const buffered = holder.reservoir === null ? null : bufferedMs(holder);
  return buffered !== null && buffered < DRY_MS ? DRY_PATIENCE_MS : PLAYOUT_STALLED_MS;
}

/** It has lacked input for a while, and in that time less than half as much media came. An encode that is fed is not the store's fault. */
function isTooSlow({ starving, progress, reservoir, record, encodePace }: PlayoutRun, nowMs: number): boolean {
  if (starving === null || progress === null || encodePace !== null) return false;
  const forMs = nowMs - starving.sinceMs;
  // Bytes move though the progress file stands still: the disk is full, and the file cannot be trusted.
  if (progress.outTimeMs === starving.outTimeMs && nowMs - progress.advancedAtMs < forMs / 2) return false;
  const got = (reservoir?.bytes?.read ?? 0) - starving.readBytes;
  const gotMs = record?.kind === 'item' ? (got * 8) / record.rateKbps : 0;
  return forMs >= SLOW_AFTER_MS && Math.max(progress.outTimeMs - starving.outTimeMs, gotMs) < forMs / 2;
}

/**
 * Whether the item may have made the uplink fail: it failed for no known reason of the ingest's. One cause is an item whose
 * picture begins so late that the uplink finds none. A session begins with the slate then, and the item follows within it.
 */
export const isInDoubt = ({ world, memory: { uplink } }: PlayoutContext): boolean =>
  (world.uplink?.progress?.firstAtMs ?? null) === null &&
  uplink.backoff.step > 0 &&
  uplinkFailure(uplink.lastFailure, uplink.ingestRefused).reason === 'UplinkFailed';

/**
 * An encoder that gets SIGTERM writes out pictures without their sound, a hole of half a second (measured); cut off by SIGKILL it
 * leaves a hole of one frame. A copy ends between two packets, but a reservoir behind it has to go as well.
 */
const mannerOfHandover = ({ record, reservoir }: PlayoutRun): StopManner =>
  record?.kind === 'item' && record.mode === 'copy' && reservoir === null ? 'graceful' : 'cut';

/** Whether it has been neither on air nor in line for longer than a start, or a change of the lock's holder, takes. */
export function isLate(run: PlayoutRun, memory: Memory, now: Moment): boolean {
  const sinceMs = memory.playouts[run.runId]?.unplacedSinceMs ?? null;
  return sinceMs !== null && now.monoMs - sinceMs > COMING_MS;
}

type Judgement =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly by: PlayoutSpec }
  /** The facts to decide by are still being fetched: the holder stays, and the file does not count as applied. */
  | { readonly kind: 'undecided' };

/** Whether this holder should be on air, and by what it is to be replaced. */
function judge(context: PlayoutContext, holder: PlayoutRun, spec: DesiredSpec): Judgement {
  const { record } = holder;
  const { programme, search } = context;
  const compared = (by: PlayoutSpec): Judgement =>
    playoutHash(by) === holder.specHash ? { kind: 'right' } : { kind: 'wrong', by };
  if (record?.kind === 'item' && programme !== null && locate(programme, record) !== null) {
    const now = context.specFor(holder);
    return now === null ? { kind: 'undecided' } : compared(now);
  }
  // While the prefix is not listed yet, an item from there may be right.
  const { media } = spec;
  const fromPrefix = record?.kind === 'item' && media.kind === 'prefix' && record.key.startsWith(media.prefix);
  if (programme === null && fromPrefix) return { kind: 'undecided' };
  const candidate: Candidate = search?.candidate ?? { kind: 'pending', key: '' };
  switch (candidate.kind) {
    case 'ready':
      return compared(candidate.spec);
    case 'pending':
      return record?.kind === 'slate' ? compared(slateSpec(spec, context.artwork)) : { kind: 'undecided' };
    case 'none':
      return compared(slateSpec(spec, context.artwork));
  }
}

/** Whether this run plays that spec, from about the same place. `index` is not compared: it moves when a list is edited. */
export function isFor(run: PlayoutRun, spec: PlayoutSpec): boolean {
  if (run.record === null || run.record.kind !== spec.kind || run.specHash !== playoutHash(spec)) return false;
  if (run.record.kind === 'slate' || spec.kind === 'slate') return true;
  const { cursor } = spec.part;
  return run.record.round === cursor.round && Math.abs(run.record.offsetMs - cursor.offsetMs) < NEAR_MS;
}

/** By how much offsets may differ: the position moves on while a replacement is made ready. */
const NEAR_MS = 15_000;

/** From the decision to start a playout to its first picture on air, if nothing is on air before it. */
const START_TAKES_MS = 1_000;

/** Starts a playout, an item with a reservoir where there is an `mbuffer`. The slate needs none: its input never fails. */
export function startPlayout(
  spec: PlayoutSpec,
  mbuffer: Observation['mbuffer'],
  now: Moment,
  suffix: string,
  seenAtWallMs = now.wallMs + START_TAKES_MS,
): Action {
  const record = recordOf(spec);
  const hasReservoir = record.kind === 'item' && mbuffer === 'atHand';
  return {
    kind: 'startPlayout',
    runId: `${now.nonce}-${suffix}`,
    specHash: playoutHash(spec),
    spec,
    seenAtWallMs,
    reservoirBytes: hasReservoir ? reservoirBytes(record.rateKbps) : null,
  };
}
