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
  'uplink-belated',
  'uplink-apart',
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
  'playout-one-sided',
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
