import type { Moment, RecycleSchedule } from '../observation.ts';
import type { YouTubeMemory } from './memory.ts';
import type { BroadcastRule } from './rules.ts';
import type { BroadcastSpec, YouTubeObservation } from './youtube.ts';

/**
 * What desired.yaml and the signals want of the broadcast. `leave`: YouTube is looked at and nothing is changed there, because
 * no broadcast is described, there is no valid file yet, or the daemon was told to end.
 */
export type BroadcastWish =
  { readonly kind: 'onAir'; readonly spec: BroadcastSpec } | { readonly kind: 'offAir' } | { readonly kind: 'leave' };

/** The input of the planner of YouTube's side, besides its memory. */
export interface BroadcastContext {
  readonly observation: YouTubeObservation;
  readonly desired: BroadcastWish;
  /** `acknowledged`: the ingest takes our bytes. `there`: it runs, and that is not so. `unseen`: the processes could not be read. */
  readonly uplink: 'acknowledged' | 'there' | 'absent' | 'unseen';
  readonly recycle: RecycleSchedule | null;
  /** For {date} and {time}. */
  readonly timezone: string;
  /** Title or key of the item on air; null = the slate, or nothing. */
  readonly item: string | null;
  readonly timing: Timing;
  readonly now: Moment;
}

/**
 * Every wait on YouTube, as multiples of the poll interval P (`YOUTUBE_POLL_INTERVAL`), all in milliseconds. 60 s keep a day
 * of looks and three renewals under half the quota of 10,000 units.
 */
export interface Timing {
  /** Between two looks: P. */
  readonly lookMs: number;
  /** Between two looks around a change or a suspicion: P/6, never under 1 s. */
  readonly fastLookMs: number;
  /** How long such looks go on: 3 P. */
  readonly fastForMs: number;
  /** Two reads that agree are this far apart, lest one stale answer decides: P/3. */
  readonly apartMs: number;
  /** What was read is known no longer than this; looks come every P and take a moment. */
  readonly staleMs: number;
  /** A broadcast that only starts for so long will never: 2 P. */
  readonly stuckMs: number;
  /** First and longest wait between two broadcasts that heal: 2 P, 30 P. */
  readonly healFirstMs: number;
  readonly healMostMs: number;
  /** What YouTube refuses for good is asked again: 15 P. */
  readonly finalMs: number;
  /** First and longest wait after an answer that cannot be trusted: P/2, 15 P. */
  readonly backoffFirstMs: number;
  readonly backoffMostMs: number;
  /** Nothing live for so long is said: 3 P. */
  readonly notLiveMs: number;
  /** Between two looks at an archive, at first and later: 5 P, 60 P. */
  readonly archiveMs: number;
  readonly archiveLaterMs: number;
}

/** What status and conditions about YouTube are made from. */
export interface YouTubeSight {
  readonly context: BroadcastContext;
  readonly memory: YouTubeMemory;
  readonly rule: BroadcastRule;
}
