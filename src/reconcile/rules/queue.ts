import type { Memory, StopManner } from '../model/memory.ts';
import type { Moment } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { PlayoutSpec } from '../model/playout.ts';
import type { QueueRule } from '../model/rules.ts';
import type { PlayoutRun } from '../model/run.ts';
import type { Candidate } from '../programme/candidate.ts';
import { isFor, isLate, type PlayoutDecision, startPlayout } from './playout.ts';
import type { World } from '../runs/world.ts';

/** Who is to stand in line behind the playout on air. */
export interface QueueDecision {
  readonly rule: QueueRule;
  readonly stops: readonly { readonly run: PlayoutRun; readonly manner: StopManner; readonly reason: string }[];
  readonly actions: readonly Action[];
}

export interface QueueContext {
  readonly slate: PlayoutSpec;
  readonly world: World;
  readonly tallies: Memory;
  readonly playout: PlayoutDecision;
  /** What follows the item on air; asked only near its end. */
  readonly next: () => { readonly candidate: Candidate; readonly actions: readonly Action[] };
  readonly urlTtlMs: number;
  readonly now: Moment;
}

/** How long before an item's end the next is put in line; short, as a connection that idles in line may be cut. */
const LEAD_MS = 20_000;
/** A waiter's connection idle for longer is renewed, not trusted. */
const STALE_WAITER_MS = 60_000;

/** Rules under which the holder stays and may have somebody behind it. */
const OPEN: readonly string[] = ['playout-kept', 'playout-undecided', 'playout-replace'];

export function decideQueue(context: QueueContext): QueueDecision {
  const { world, tallies, playout, now } = context;
  const { waiter, holder } = world;
  if (holder === null || !OPEN.includes(playout.rule)) return keep('queue-closed');
  const late = world.unplaced.filter((run) => isLate(run, tallies, now));
  if (late.length > 0) {
    const stops = late.map((run) => ({ run, manner: 'kill' as const, reason: 'it never came to the gate' }));
    return { rule: 'queue-never-came', stops, actions: [] };
  }
  const { wanted, actions, undecided = false } = wantedWaiter(context, holder);
  if (waiter === null) {
    if (world.unplaced.length > 0) return keep('queue-closed');
    const waits = wanted?.kind === 'slate' && now.monoMs < tallies.slate.notBeforeMs;
    if (wanted === null || waits) return { rule: 'queue-empty', stops: [], actions };
    const rule = wanted.kind === 'slate' ? 'queue-slate' : 'queue-next';
    return { rule, stops: [], actions: [...actions, startPlayout(wanted, now, 'q')] };
  }
  const begun = tallies.stopping[waiter.runId];
  if (begun !== undefined) return end('queue-stopping', waiter, begun.reason, actions);
  if (waiter.life === 'frozen') return end('queue-frozen', waiter, 'the playout in line is frozen', actions);
  if (waiter.life === 'gone' && !waiter.primed) {
    // Its turn would be a hole. It counts as a death of the item, so it is not simply ended for another.
    const stops = [{ run: waiter, manner: 'brisk' as const, reason: 'the playout in line ended without a picture' }];
    return { rule: 'queue-hollow', stops, actions };
  }
  if (!undecided && (wanted === null || !isFor(waiter, wanted)))
    return end('queue-wrong', waiter, 'another is wished in line', actions);
  const idleMs = now.monoMs - waiter.startedAtMs;
  if (waiter.record?.kind === 'item' && idleMs > Math.min(STALE_WAITER_MS, context.urlTtlMs / 2)) {
    return end('queue-stale', waiter, 'it stood in line for too long', actions);
  }
  return { rule: 'queue-kept', stops: [], actions };
}

function wantedWaiter(
  context: QueueContext,
  holder: PlayoutRun,
): { readonly wanted: PlayoutSpec | null; readonly actions: readonly Action[]; readonly undecided?: boolean } {
  const { playout, slate } = context;
  if (playout.replacement !== null) return { wanted: playout.replacement, actions: [] };
  if (holder.record?.kind !== 'item') return { wanted: null, actions: [] };
  const remainingMs = remainingOf(holder);
  // Whose end cannot be foretold has its successor in line from the start.
  if (remainingMs !== null && remainingMs > Math.min(LEAD_MS, context.urlTtlMs / 4))
    return { wanted: slate, actions: [] };
  const { candidate, actions } = context.next();
  if (candidate.kind === 'ready') return { wanted: candidate.spec, actions };
  // Until it is known what follows, an item that is ready in line is better than the slate, if the end comes first.
  const undecided = candidate.kind === 'pending' && context.world.waiter?.record?.kind === 'item';
  return { wanted: slate, actions, undecided };
}

function remainingOf(holder: PlayoutRun): number | null {
  if (holder.record?.kind !== 'item' || holder.record.lengthMs === null) return null;
  return holder.record.lengthMs - (holder.progress?.outTimeMs ?? 0);
}

const keep = (rule: QueueRule): QueueDecision => ({ rule, stops: [], actions: [] });

/** A waiter has nothing to say goodbye to, and blocked on its pipe it would not hear anything but SIGKILL. */
const end = (rule: QueueRule, run: PlayoutRun, reason: string, actions: readonly Action[]): QueueDecision => ({
  rule,
  stops: [{ run, manner: 'kill', reason }],
  actions,
});
