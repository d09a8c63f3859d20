import type { Memory } from '../model/memory.ts';
import type { Moment, Observation } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { PlayoutSpec } from '../model/playout.ts';
import { type QueueRule, rowOf } from '../model/rules.ts';
import type { PlayoutRun } from '../model/run.ts';
import type { Candidate } from '../programme/candidate.ts';
import { isFor, isLate, isReady, type PlayoutDecision, startPlayout } from './playout.ts';
import { bufferedMs, DRY_MS } from '../runs/reservoir.ts';
import { endSeenAtWallMs } from '../runs/seen.ts';
import type { World } from '../runs/world.ts';
import { type Decision, decision, kill } from './decision.ts';

/** What happens to the place in line behind the playout on air. */
export type QueueDecision = Decision<QueueRule>;

interface QueueContext {
  readonly slate: PlayoutSpec;
  readonly world: World;
  readonly memory: Memory;
  readonly playout: PlayoutDecision;
  /** Searches what follows the run on air; called only near its end. `mayRetry`: whether an item that failed before may be tried. */
  readonly next: (mayRetry: (key: string) => boolean) => {
    readonly candidate: Candidate;
    readonly actions: readonly Action[];
  };
  readonly urlTtlMs: number;
  readonly mbuffer: Observation['mbuffer'];
  readonly now: Moment;
}

/** How long before an item's end the next is put in line. Not longer: a connection that idles in line may be cut. */
const LEAD_MS = 20_000;
/** The same with a reservoir: FFmpeg ends 20 s before its item does, and a store that fails then has that time to come back. */
const LEAD_WITH_RESERVOIR_MS = 30_000;
/** A waiter whose connection was idle for longer is replaced. */
const STALE_WAITER_MS = 60_000;

/** Decides what stands in line: near the item's end its successor, until then the slate. */
export function decideQueue(context: QueueContext): QueueDecision {
  const { world, memory, playout, now } = context;
  const { waiter, holder } = world;
  if (holder === null || rowOf(playout.rule).mayBeFollowed !== true) return decision('queue-closed');
  const late = world.unplaced.filter((run) => isLate(run, memory, now));
  if (late.length > 0) {
    return decision('queue-never-came', kill(late, 'it never came to the gate'));
  }
  const { wanted, actions, undecided = false } = wantedWaiter(context, holder);
  // A replacement does not wait for the holder's end.
  const seenAtMs = playout.replacement === undefined ? endSeenAtWallMs(holder, memory, now) : null;
  if (waiter === null) {
    if (world.unplaced.length > 0) return decision('queue-closed');
    const waits = wanted?.kind === 'slate' && now.monoMs < memory.slate.notBeforeMs;
    if (wanted === null || waits) return decision('queue-empty', [], actions);
    const start = startPlayout(wanted, context.mbuffer, now, 'q', seenAtMs ?? undefined);
    return decision(wanted.kind === 'slate' ? 'queue-slate' : 'queue-next', [], [...actions, start]);
  }
  const begun = memory.stopping[waiter.runId];
  if (begun !== undefined) return end('queue-stopping', waiter, begun.reason, actions);
  if (waiter.life === 'frozen') return end('queue-frozen', waiter, 'the playout in line is frozen', actions);
  if (waiter.life === 'draining' && !waiter.primed) {
    // It has nothing to show. It stays until its end is known, so that it counts as a death of the item.
    if (waiter.end === null) return decision('queue-kept', [], actions);
    return end('queue-hollow', waiter, 'the playout in line ended without a picture', actions);
  }
  const isRight = undecided || (wanted !== null && isFor(waiter, wanted));
  if (!isRight && !(wanted?.kind === 'item' && isBetterThanTheSlate(context, holder, waiter))) {
    return end('queue-wrong', waiter, 'another is wished in line', actions);
  }
  if (isMisplaced(waiter, seenAtMs) && (remainingOf(holder) ?? 0) > RETRY_LEAD_MS)
    return end('queue-wrong', waiter, 'its clip would be elsewhere when its turn comes', actions);
  const idleMs = now.monoMs - waiter.startedAtMs;
  const mayGoStale = waiter.record?.kind === 'item' && waiter.life !== 'draining';
  if (mayGoStale && idleMs > Math.min(STALE_WAITER_MS, context.urlTtlMs / 2)) {
    return end('queue-stale', waiter, 'it stood in line for too long', actions);
  }
  return decision('queue-kept', [], actions);
}

function wantedWaiter(
  context: QueueContext,
  holder: PlayoutRun,
): { readonly wanted: PlayoutSpec | null; readonly actions: readonly Action[]; readonly undecided?: boolean } {
  const { playout, slate } = context;
  if (playout.replacement !== undefined) return { wanted: playout.replacement, actions: [] };
  if (holder.record?.kind !== 'item') return { wanted: null, actions: [] };
  // Until it is known how its FFmpeg ended, what follows is not known.
  if (holder.life === 'draining' && holder.end === null) return { wanted: null, actions: [], undecided: true };
  const remainingMs = remainingOf(holder);
  const leadMs = holder.reservoir === null ? LEAD_MS : LEAD_WITH_RESERVOIR_MS;
  // A holder whose end cannot be foretold has its successor in line from the start.
  const isFarOff = remainingMs !== null && remainingMs > Math.min(leadMs, context.urlTtlMs / 4);
  if (isFarOff && holder.life !== 'draining') return { wanted: slate, actions: [] };
  const { waiter } = context.world;
  const readyKey = waiter?.record?.kind === 'item' && isReady(waiter, context.now.monoMs) ? waiter.record.key : null;
  const isEarly = remainingMs === null || remainingMs >= retryLeadMs(holder);
  const { candidate, actions } = context.next((key) => isEarly || key === readyKey);
  if (comesTooLate(context, holder, remainingMs)) return { wanted: slate, actions };
  if (candidate.kind === 'ready') return { wanted: candidate.spec, actions };
  // If the end comes before the search, an item that is ready in line is better than the slate.
  const undecided = candidate.kind === 'pending' && waiter?.record?.kind === 'item';
  return { wanted: slate, actions, undecided };
}

/** Whether the reservoir is about to run dry and the next item is not ready, though it had time enough. */
function comesTooLate({ world, memory, now }: QueueContext, holder: PlayoutRun, remainingMs: number | null): boolean {
  if (holder.reservoir === null || remainingMs === null || remainingMs > DRY_MS) return false;
  const { waiter } = world;
  if (waiter !== null && isReady(waiter, now.monoMs) && waiter.record?.kind === 'item') return false;
  return (memory.playouts[holder.runId]?.airedMs ?? 0) > FAIR_START_MS;
}

/**
 * Whether a waiter of another item than desired stays: there is no time to make the desired one ready, so the slate would be on
 * air in between. The waiter is replaced as soon as it is on air.
 */
function isBetterThanTheSlate({ playout, now }: QueueContext, holder: PlayoutRun, waiter: PlayoutRun): boolean {
  if (playout.replacement !== undefined || waiter.record?.kind !== 'item' || !isReady(waiter, now.monoMs)) return false;
  const remainingMs = remainingOf(holder);
  return remainingMs !== null && remainingMs < DRY_MS + FAIR_START_MS;
}

/** An item that failed before is tried again only with this much time left, for another one should it fail again. */
const RETRY_LEAD_MS = 10_000;

/** Or, of a short holder, in its first half. */
const retryLeadMs = ({ record }: PlayoutRun): number =>
  Math.min(RETRY_LEAD_MS, record?.kind === 'item' && record.lengthMs !== null ? record.lengthMs / 2 : RETRY_LEAD_MS);

/** The time from an item's start to its first picture; a shorter holder leaves its successor no more than its own length. */
const FAIR_START_MS = 3_000;

/** Time until the run on air ends; null = cannot be foretold. */
function remainingOf(holder: PlayoutRun): number | null {
  const buffered = bufferedMs(holder);
  if (holder.life === 'draining') return buffered;
  if (holder.record?.kind !== 'item' || holder.record.lengthMs === null) return null;
  return holder.record.lengthMs - (holder.progress?.outTimeMs ?? 0) + (buffered ?? 0);
}

/** Viewers do not notice a clip under a song that is off by less. */
const CLIP_OFF_BY_AT_MOST_MS = 1_000;

/** Whether its clip was placed for another moment than `seenAtMs`, when its turn is expected now; null = not known. */
function isMisplaced({ record }: PlayoutRun, seenAtMs: number | null): boolean {
  const placedForMs = record?.kind === 'item' ? record.seenAtWallMs : undefined;
  if (placedForMs === undefined || seenAtMs === null) return false;
  return Math.abs(seenAtMs - placedForMs) > CLIP_OFF_BY_AT_MOST_MS;
}

/** Ends a waiter by SIGKILL: blocked on its pipe it hears no other signal, and nothing of it is on air. */
const end = (rule: QueueRule, run: PlayoutRun, reason: string, actions: readonly Action[]): QueueDecision =>
  decision(rule, kill([run], reason), actions);
