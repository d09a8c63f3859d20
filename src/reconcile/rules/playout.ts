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
import { bufferedMs, isFull, reservoirBytes } from '../runs/reservoir.ts';
import { uplinkFailure } from '../runs/uplink-failure.ts';
import { livePlayouts, type World } from '../runs/world.ts';
import { type Decision, decision, kill, stop } from './decision.ts';

/** What is to happen to the playout on air. */
export interface PlayoutDecision extends Decision<PlayoutRule> {
  /** What the holder is to be replaced by. */
  readonly replacement?: PlayoutSpec;
}

export interface PlayoutContext {
  readonly world: World;
  readonly memory: Memory;
  /** null while the programme itself is not known. */
  readonly programme: Programme | null;
  readonly search: Search | null;
  readonly artwork: ArtworkAtHand;
  /** What an item of the programme would be played as now; null when its facts are not at hand. */
  readonly specFor: (run: PlayoutRun) => PlayoutSpec | null;
  /** Hash of the session that is wished; null when none is. */
  readonly sessionHash: string | null;
  readonly now: Moment;
}

/** A holder whose media time stands still this long while its gate starves has lost its input. */
export const PLAYOUT_STALLED_MS = 4_500;
/** A playout without a first frame after this long has lost it too; FFmpeg's own reconnect gives up after 4 s. */
const FIRST_FRAME_MS = 8_000;
/** From spawn to a gate in `/proc/locks`, and from one holder to the next, it takes milliseconds. */
const COMING_MS = 5_000;
/** With less than this in the reservoir what comes next has to be ready; the slate takes a second at most. */
export const DRY_MS = 2_500;
/** A store that stumbles for a moment is not given up for it. */
const DRY_PATIENCE_MS = 2_000;
/** A store that gives too little, but not nothing, is told by this much of starving. */
const SLOW_AFTER_MS = 6_000;

/** What is to happen to living playouts while on air is wished; null = none is on air, and none is in the way. */
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
    // What it has ready is as one-sided as what was seen of it.
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

/** The uplink is of another session, which is about to end. */
export const saysGoodbye = ({ world, sessionHash }: Pick<PlayoutContext, 'world' | 'sessionHash'>): boolean =>
  world.uplink !== null && world.uplink.specHash !== sessionHash;

/** What is wrong with how the holder plays; null = nothing. What stands in its reservoir is not thrown away for it. */
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

/** It can take over, and its media come fast enough to last. */
export function isReady(waiter: PlayoutRun, nowMs: number): boolean {
  if (!waiter.primed || waiter.life === 'frozen') return false;
  const { reservoir, life, progress, startedAtMs } = waiter;
  if (reservoir === null || life === 'draining' || isFull(reservoir)) return true;
  return (progress?.outTimeMs ?? 0) >= (nowMs - startedAtMs) / 2;
}

/** It is not held back by what follows it. */
const lacksInput = ({ reservoir, gate }: PlayoutRun): boolean =>
  reservoir === null || reservoir.bytes === null ? gate?.flow === 'starved' : !isFull(reservoir);

/**
 * How long a playout may stand still that lacks input; one whose reservoir is about to run dry not until it has, and an
 * item without a reservoir no longer than a stumble where the store is known to fail.
 */
function patienceMs(holder: PlayoutRun, begunPlaying: boolean, storeFails: boolean): number {
  if (holder.reservoir === null && storeFails && holder.record?.kind === 'item') return DRY_PATIENCE_MS;
  if (!begunPlaying) return FIRST_FRAME_MS;
  const buffered = holder.reservoir === null ? null : bufferedMs(holder);
  return buffered !== null && buffered < DRY_MS ? DRY_PATIENCE_MS : PLAYOUT_STALLED_MS;
}

/** For a while its gate was never held back, and less than half of that time has come through. Of an encode that is fed this is no fault of the store's. */
function isTooSlow({ starving, progress, reservoir, record, encodePace }: PlayoutRun, nowMs: number): boolean {
  if (starving === null || progress === null || encodePace !== null) return false;
  const forMs = nowMs - starving.sinceMs;
  // Bytes move though the progress file stands still: the disk is full, and its word counts for nothing.
  if (progress.outTimeMs === starving.outTimeMs && nowMs - progress.advancedAtMs < forMs / 2) return false;
  const got = (reservoir?.bytes?.read ?? 0) - starving.readBytes;
  const gotMs = record?.kind === 'item' ? (got * 8) / record.rateKbps : 0;
  return forMs >= SLOW_AFTER_MS && Math.max(progress.outTimeMs - starving.outTimeMs, gotMs) < forMs / 2;
}

/**
 * The uplink failed for no reason of the ingest's that is known: the item may be to blame, as one whose picture begins
 * so late that the uplink finds none. With the slate a session always begins; the item follows within it.
 */
export const isInDoubt = ({ world, memory: { uplink } }: PlayoutContext): boolean =>
  (world.uplink?.progress?.firstAtMs ?? null) === null &&
  uplink.backoff.step > 0 &&
  uplinkFailure(uplink.lastFailure, uplink.ingestRefused).reason === 'UplinkFailed';

/**
 * An encoder told to end first writes out pictures whose sound never comes, a hole of half a second (measured); cut off
 * in mid-stream it leaves one frame. A copy ends between two packets, unless there is a reservoir to be thrown away.
 */
const mannerOfHandover = ({ record, reservoir }: PlayoutRun): StopManner =>
  record?.kind === 'item' && record.mode === 'copy' && reservoir === null ? 'graceful' : 'cut';

/** It has had no place at the gate for longer than a start takes, or than the lock needs to change hands. */
export function isLate(run: PlayoutRun, memory: Memory, now: Moment): boolean {
  const sinceMs = memory.playouts[run.runId]?.unplacedSinceMs ?? null;
  return sinceMs !== null && now.monoMs - sinceMs > COMING_MS;
}

type Judgement =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly by: PlayoutSpec }
  /** What would have to be known to tell is still being fetched: it stays, and nobody says that all is as wished. */
  | { readonly kind: 'undecided' };

/** Whether this holder should be on air, and what instead. */
function judge(context: PlayoutContext, holder: PlayoutRun, spec: DesiredSpec): Judgement {
  const { record } = holder;
  const { programme, search } = context;
  const wished = (by: PlayoutSpec): Judgement =>
    playoutHash(by) === holder.specHash ? { kind: 'right' } : { kind: 'wrong', by };
  if (record?.kind === 'item' && programme !== null && locate(programme, record) !== null) {
    const now = context.specFor(holder);
    return now === null ? { kind: 'undecided' } : wished(now);
  }
  // While the store does not tell what is under the prefix, an item from there is as good as any.
  const { media } = spec;
  const fromPrefix = record?.kind === 'item' && media.kind === 'prefix' && record.key.startsWith(media.prefix);
  if (programme === null && fromPrefix) return { kind: 'undecided' };
  const candidate: Candidate = search?.candidate ?? { kind: 'pending', key: '' };
  switch (candidate.kind) {
    case 'ready':
      return wished(candidate.spec);
    case 'pending':
      return record?.kind === 'slate' ? wished(slateSpec(spec, context.artwork)) : { kind: 'undecided' };
    case 'none':
      return wished(slateSpec(spec, context.artwork));
  }
}

/** This run plays that spec, from about there. Its number in the list does not count: a list that is read anew moves it. */
export function isFor(run: PlayoutRun, spec: PlayoutSpec): boolean {
  if (run.record === null || run.record.kind !== spec.kind || run.specHash !== playoutHash(spec)) return false;
  if (run.record.kind === 'slate' || spec.kind === 'slate') return true;
  const { cursor } = spec.part;
  return run.record.round === cursor.round && Math.abs(run.record.offsetMs - cursor.offsetMs) < NEAR_MS;
}

/** The position moves on while a replacement is made ready; this much it may be behind. */
const NEAR_MS = 15_000;

/** From the decision to start a playout to its first picture, where nothing is before it. */
const START_TAKES_MS = 1_000;

/** A slate never stands still, so it needs no reservoir. */
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
