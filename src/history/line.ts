import type { Reason } from '../reconcile/model/reasons.ts';

/** One line of `history.jsonl`. `at`, `event`, `reason` and `item` are the contract's; lines of earlier versions may lack the rest. */
export interface HistoryLine {
  /** Wall clock, ISO 8601 UTC. */
  readonly at: string;
  /** `still-on-air`: nothing changed; written now and then, so that a crash loses little of what is counted. */
  readonly event: HistoryEvent;
  /** The word of `/health` at that moment. */
  readonly reason: string;
  /** Key; null = the slate, or nothing. */
  readonly item: string | null;
  /** Why it went off air, in words; null = the reason says it all. */
  readonly why?: string | null;
  /** How long ago the stream was last seen on air; long where no daemon looked meanwhile. Only on `off-air`. */
  readonly lastOnAirAgoMs?: number;
  /** The boot; `uptimeMs`: time since then, suspension included. By both durations stay right when the wall clock is set. */
  readonly boot?: string;
  readonly uptimeMs?: number;
  /** Since the line before: bytes the uplink sent, and bytes read from the store, which are estimated. */
  readonly sentBytes?: number;
  readonly fetchedBytes?: number;
  /** How much of the runs on air has been counted, from where the next daemon goes on; null = none. */
  readonly uplink?: Meter | null;
  readonly playout?: Meter | null;
}

export const HISTORY_EVENTS = ['on-air', 'off-air', 'still-on-air'] as const;
export type HistoryEvent = (typeof HISTORY_EVENTS)[number];

/** How much of one run has been counted. */
export interface Meter {
  readonly run: string;
  readonly bytes: number;
}

/** Counts on: the same run from where it was, another run from zero. */
export function metered(
  before: Meter | null,
  run: string,
  bytes: number,
): { readonly meter: Meter; readonly added: number } {
  const from = before?.run === run ? before.bytes : 0;
  const to = Math.max(from, Math.round(bytes));
  return { meter: { run, bytes: to }, added: to - from };
}

/** Whether the stream is off air on purpose, which is no interruption. */
export const isPlanned = (reason: string): boolean => PLANNED.has(reason);

const PLANNED: ReadonlySet<string> = new Set<Reason>(['Recycling', 'StoppedByFile', 'ShuttingDown']);
