/** Which rule decided, for each of the three questions of a pass. */
export interface FiredRules {
  readonly uplink: UplinkRule;
  readonly playout: PlayoutRule;
  readonly queue: QueueRule;
}

/** What else follows from a rule. */
interface RuleRow {
  /**
   * How soon the next pass comes. `busy`: soon, something is under way. `calm`: soon only if the status asks for it.
   * `waits`: not soon, whatever the status says: the rule waits for a time or for the operator.
   */
  readonly pace: 'busy' | 'calm' | 'waits';
  /** The next session has not begun, so a refusal by the ingest's port is remembered. */
  readonly precedesSession?: true;
  /** It ends every playout, so none is put in line. */
  readonly endsPlayouts?: true;
  /** The playout on air stays, and another may stand in line behind it. */
  readonly mayBeFollowed?: true;
}

/** Every rule about the uplink. */
export const UPLINK_ROWS = {
  'uplink-unseen': { pace: 'calm' },
  'uplink-unsettled': { pace: 'waits' },
  'uplink-duplicate': { pace: 'calm' },
  'uplink-unwished': { pace: 'calm' },
  'uplink-off': { pace: 'calm' },
  'uplink-stopping': { pace: 'calm' },
  'uplink-resumed': { pace: 'calm' },
  'uplink-frozen': { pace: 'calm' },
  'uplink-session-changed': { pace: 'calm' },
  'uplink-unacknowledged': { pace: 'calm' },
  'uplink-stalled': { pace: 'calm' },
  'uplink-belated': { pace: 'calm' },
  'uplink-apart': { pace: 'calm' },
  'uplink-aged': { pace: 'calm' },
  'uplink-kept': { pace: 'calm' },
  'uplink-blocked': { pace: 'waits' },
  'uplink-given-up': { pace: 'calm' },
  'uplink-waiting': { pace: 'waits', precedesSession: true },
  'uplink-unfed': { pace: 'calm', precedesSession: true },
  'uplink-renew': { pace: 'calm', precedesSession: true, endsPlayouts: true },
  'uplink-start': { pace: 'calm' },
} as const satisfies Readonly<Record<string, RuleRow>>;
export type UplinkRule = keyof typeof UPLINK_ROWS;

/** Every rule about the playout on air. */
export const PLAYOUT_ROWS = {
  'playout-unseen': { pace: 'calm' },
  'playout-unsettled': { pace: 'calm' },
  'playout-surplus': { pace: 'busy' },
  'playout-feeds-goodbye': { pace: 'busy' },
  'playout-unwished': { pace: 'busy' },
  'playout-off': { pace: 'calm' },
  'playout-blocked': { pace: 'calm' },
  'playout-stopping': { pace: 'busy' },
  'playout-one-sided': { pace: 'busy' },
  'playout-frozen': { pace: 'busy' },
  'playout-stalled': { pace: 'busy' },
  'playout-slow': { pace: 'busy' },
  'playout-frame-changed': { pace: 'busy' },
  'playout-coming': { pace: 'busy' },
  'playout-never-came': { pace: 'busy' },
  'playout-awaits-media': { pace: 'busy' },
  'playout-start': { pace: 'busy' },
  'playout-slate': { pace: 'busy' },
  'playout-opens': { pace: 'busy' },
  'playout-waits': { pace: 'waits' },
  'playout-handover': { pace: 'busy' },
  'playout-replace': { pace: 'busy', mayBeFollowed: true },
  'playout-undecided': { pace: 'calm', mayBeFollowed: true },
  'playout-kept': { pace: 'calm', mayBeFollowed: true },
} as const satisfies Readonly<Record<string, RuleRow>>;
export type PlayoutRule = keyof typeof PLAYOUT_ROWS;

const ROWS: Readonly<Record<UplinkRule | PlayoutRule, RuleRow>> = { ...UPLINK_ROWS, ...PLAYOUT_ROWS };
export const rowOf = (rule: UplinkRule | PlayoutRule): RuleRow => ROWS[rule];

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
