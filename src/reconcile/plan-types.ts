import type { ByteSample } from './item.ts';
import type { Condition, Verdict } from './status.ts';
import type { PlayoutSpec } from './playout-spec.ts';
import type { Role, Run } from './run.ts';
import type { Tallies } from './tallies.ts';
import type { Upcoming } from './upcoming.ts';

/** One effect. An action leaves the actuator nothing to decide. */
export type Action =
  | { readonly kind: 'startUplink'; readonly runId: string; readonly specHash: string }
  | { readonly kind: 'startPlayout'; readonly runId: string; readonly specHash: string; readonly spec: PlayoutSpec }
  | {
      readonly kind: 'signal';
      readonly run: Run;
      readonly signal: 'SIGTERM' | 'SIGKILL';
      readonly scope: 'process' | 'group';
      readonly reason: string;
    }
  /** Ask for an item's facts, unless they are younger than this. `sample`: and whether these bytes can be had; null = that is not in doubt. */
  | {
      readonly kind: 'inspectItem';
      readonly key: string;
      readonly maxAgeMs: number;
      readonly sample: ByteSample | null;
    }
  | { readonly kind: 'listMedia'; readonly prefix: string; readonly maxAgeMs: number }
  /** Keep this object on this machine, and look after that long whether it was replaced. */
  | { readonly kind: 'keepCopy'; readonly key: string; readonly maxAgeMs: number }
  | { readonly kind: 'probeIngest' }
  /** Delete the files a dead run left. */
  | { readonly kind: 'forgetRun'; readonly runId: string; readonly role: Role }
  | { readonly kind: 'exit'; readonly code: 0 | 1; readonly message: string };

/** Which rule decided, for each of the three questions of a pass. */
export interface FiredRules {
  readonly uplink: UplinkRule;
  readonly playout: PlayoutRule;
  readonly queue: QueueRule;
}

export const UPLINK_RULES = [
  'uplink-unseen',
  'uplink-unsettled',
  'uplink-duplicate',
  'uplink-unwished',
  'uplink-off',
  'uplink-stopping',
  'uplink-resumed',
  'uplink-frozen',
  'uplink-session-changed',
  'uplink-unacknowledged',
  'uplink-stalled',
  'uplink-aged',
  'uplink-kept',
  'uplink-blocked',
  'uplink-given-up',
  'uplink-waiting',
  'uplink-unfed',
  'uplink-renew',
  'uplink-start',
] as const;
export type UplinkRule = (typeof UPLINK_RULES)[number];

export const PLAYOUT_RULES = [
  'playout-unseen',
  'playout-unsettled',
  'playout-surplus',
  'playout-feeds-goodbye',
  'playout-unwished',
  'playout-off',
  'playout-blocked',
  'playout-stopping',
  'playout-frozen',
  'playout-stalled',
  'playout-slow',
  'playout-frame-changed',
  'playout-coming',
  'playout-never-came',
  'playout-awaits-media',
  'playout-start',
  'playout-slate',
  'playout-opens',
  'playout-waits',
  'playout-handover',
  'playout-replace',
  'playout-undecided',
  'playout-kept',
] as const;
export type PlayoutRule = (typeof PLAYOUT_RULES)[number];

export const QUEUE_RULES = [
  'queue-closed',
  'queue-stopping',
  'queue-wrong',
  'queue-stale',
  'queue-frozen',
  'queue-hollow',
  'queue-never-came',
  'queue-kept',
  'queue-next',
  'queue-slate',
  'queue-empty',
] as const;
export type QueueRule = (typeof QUEUE_RULES)[number];

/** What one pass concluded. */
export interface Plan {
  readonly rules: FiredRules;
  readonly actions: readonly Action[];
  readonly tallies: Tallies;
  readonly verdict: Verdict;
  readonly conditions: readonly Condition[];
  /** null = nothing plays, or nothing is known to follow. */
  readonly upcoming: Upcoming | null;
}
