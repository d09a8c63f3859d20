import { exhausted, type RetryPolicy } from '../memory/backoff.ts';
import type { DesiredState } from '../model/desired.ts';
import type { Observation } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { PlayoutRule, UplinkRule } from '../model/rules.ts';
import type { PlayoutRun } from '../model/run.ts';
import { slateSpec } from '../playout/spec.ts';
import { livePlayouts } from '../runs/world.ts';
import { type Decision, decision, kill, type Stop } from './decision.ts';
import {
  decidePlayout,
  isInDoubt,
  isLate,
  type PlayoutContext,
  type PlayoutDecision,
  saysGoodbye,
  startPlayout,
} from './playout.ts';
import { decideUplink, type UplinkContext } from './uplink.ts';

export interface SessionContext extends UplinkContext, PlayoutContext {
  readonly desired: DesiredState;
  readonly policy: RetryPolicy;
  readonly ingest: Observation['ingest'];
  readonly mbuffer: Observation['mbuffer'];
}

/** At the start of a session the item is waited for this long; then the session begins with the slate. */
const MEDIA_PATIENCE_MS = 3_000;

/**
 * Decides about the session: its uplink and the playout on air. `uplink.ts` and `playout.ts` decide about those that live and are
 * desired; how a session begins and ends is decided by the first row that fits.
 */
export function decideSession(context: SessionContext): {
  readonly uplink: Decision<UplinkRule>;
  readonly playout: PlayoutDecision;
} {
  const { desired, world } = context;
  const living = desired.kind === 'onAir' ? decidePlayout(context, desired.spec) : null;
  const playout = living ?? firstOf(PLAYOUT_RULES, context);
  const isKept = desired.kind === 'onAir' && world.uplinks.length === 1;
  const { uplink } = world;
  if (isKept && uplink !== null) return { uplink: decideUplink(context, uplink), playout };
  return { uplink: firstOf(UPLINK_RULES, { ...context, isFed: playout.actions.length > 0 }), playout };
}

/** `stops`: the runs in the way. `opens`: what is started. The rule's pace is in `model/rules.ts`. */
interface Row<Rule, Context> {
  readonly rule: Rule;
  readonly when: (context: Context) => boolean;
  readonly stops?: (context: Context) => readonly Stop[];
  readonly opens?: (context: Context) => readonly Action[];
}

/** For when no playout is on air, or none is to be. */
const PLAYOUT_RULES: readonly Row<PlayoutRule, SessionContext>[] = [
  { rule: 'playout-unsettled', when: ({ desired }) => desired.kind === 'none' },
  { rule: 'playout-off', when: (context) => isOffAir(context) && !hasPlayouts(context) },
  // The old uplink ends while it is fed, and nothing of a new size may reach its session.
  { rule: 'playout-feeds-goodbye', when: saysGoodbye },
  { rule: 'playout-unwished', when: isOffAir, stops: ({ world }) => kill(livePlayouts(world), 'off air is wished') },
  {
    rule: 'playout-never-came',
    when: (context) => late(context).length > 0,
    stops: (context) => kill(late(context), 'it never came to the gate'),
  },
  { rule: 'playout-coming', when: hasPlayouts },
  { rule: 'playout-blocked', when: ({ obstacle }) => obstacle },
  { rule: 'playout-start', when: canBeginWithItem, opens: playItem },
  { rule: 'playout-awaits-media', when: awaitsMedia },
  { rule: 'playout-waits', when: ({ memory, now }) => now.monoMs < memory.slate.notBeforeMs },
  { rule: 'playout-slate', when: () => true, opens: playSlate },
];

/** For when there is no uplink, or none is to be. `isFed`: a playout starts in this pass, so the session begins with a key frame. */
const UPLINK_RULES: readonly Row<UplinkRule, SessionContext & { readonly isFed: boolean }>[] = [
  {
    rule: 'uplink-duplicate',
    when: ({ world }) => world.uplinks.length > 1,
    stops: ({ world }) => kill(world.uplinks.slice(1), 'a second uplink'),
  },
  { rule: 'uplink-unsettled', when: ({ desired }) => desired.kind === 'none' },
  { rule: 'uplink-off', when: (context) => isOffAir(context) && context.world.uplink === null },
  {
    rule: 'uplink-unwished',
    when: isOffAir,
    stops: ({ world }) => world.uplinks.map((run) => ({ run, manner: 'graceful', reason: 'off air is wished' })),
  },
  { rule: 'uplink-blocked', when: ({ obstacle }) => obstacle },
  { rule: 'uplink-given-up', when: ({ memory, policy }) => exhausted(memory.uplink.backoff, policy), opens: giveUp },
  { rule: 'uplink-waiting', when: isTooSoon, opens: () => [{ kind: 'probeIngest' }] },
  {
    // What is left in the pipes begins anywhere in a GOP, and may be of another format.
    rule: 'uplink-renew',
    when: hasPlayouts,
    stops: ({ world }) => kill(livePlayouts(world), 'a new session begins with a key frame'),
  },
  { rule: 'uplink-start', when: ({ isFed }) => isFed, opens: startUplink },
  { rule: 'uplink-unfed', when: () => true },
];

function firstOf<Rule, Context>(rows: readonly Row<Rule, Context>[], context: Context): Decision<Rule> {
  const { rule, stops, opens } = rows.find(({ when }) => when(context))!;
  return decision(rule, stops?.(context), opens?.(context));
}

function isOffAir({ desired }: SessionContext): boolean {
  return desired.kind === 'offAir';
}

function hasPlayouts({ world }: SessionContext): boolean {
  return livePlayouts(world).length > 0;
}

function late({ world, memory, now }: SessionContext): readonly PlayoutRun[] {
  return [...world.unplaced, ...(world.waiter === null ? [] : [world.waiter])].filter((run) =>
    isLate(run, memory, now),
  );
}

/** Whether the session may begin with the item. One that may have made the uplink fail is tried only within a session. */
function canBeginWithItem(context: SessionContext): boolean {
  return context.search?.candidate.kind === 'ready' && (context.world.uplink !== null || !isInDoubt(context));
}

function awaitsMedia({ world, search, memory, now }: SessionContext): boolean {
  const isPending = search === null || search.candidate.kind === 'pending';
  const waitedMs = now.monoMs - (memory.downSinceMs ?? now.monoMs);
  return isPending && world.uplink === null && waitedMs < MEDIA_PATIENCE_MS;
}

function playItem({ search, mbuffer, now }: SessionContext): readonly Action[] {
  return search?.candidate.kind === 'ready' ? [startPlayout(search.candidate.spec, mbuffer, now, 'p')] : [];
}

function playSlate({ desired, artwork, mbuffer, now }: SessionContext): readonly Action[] {
  return desired.kind === 'onAir' ? [startPlayout(slateSpec(desired.spec, artwork), mbuffer, now, 'p')] : [];
}

/** Whether the wait of the backoff goes on. It ends at once when an ingest that refused accepts again. */
function isTooSoon({ memory: { uplink }, ingest, now }: SessionContext): boolean {
  return now.monoMs < uplink.backoff.notBeforeMs && !(uplink.ingestRefused && ingest.kind === 'accepts');
}

function giveUp({ memory: { uplink } }: SessionContext): readonly Action[] {
  const last = uplink.lastFailure ?? 'unknown';
  const message = `gave up after ${uplink.backoff.failures} failures of the uplink in a row; the last: ${last}`;
  return [{ kind: 'exit', code: 1, message }];
}

function startUplink({ sessionHash, now }: SessionContext): readonly Action[] {
  return sessionHash === null ? [] : [{ kind: 'startUplink', runId: `${now.nonce}-u`, specHash: sessionHash }];
}
