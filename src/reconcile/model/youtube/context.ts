import type { Moment, RecycleSchedule } from '../observation.ts';
import type { YouTubeMemory } from './memory.ts';
import type { BroadcastRule } from './rules.ts';
import type { Timing } from './timing.ts';
import type { BroadcastSpec, YouTubeObservation } from './youtube.ts';

/**
 * What desired.yaml and the signals want of the broadcast. `leave`: YouTube is looked at and nothing is changed there, because
 * no broadcast is described, there is no valid file yet, or the daemon was told to end.
 */
export type DesiredBroadcast =
  { readonly kind: 'onAir'; readonly spec: BroadcastSpec } | { readonly kind: 'offAir' } | { readonly kind: 'leave' };

/** The input of the planner of YouTube's side, besides its memory. */
export interface BroadcastContext {
  readonly observation: YouTubeObservation;
  readonly desired: DesiredBroadcast;
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

/** What status and conditions about YouTube are made from. */
export interface YouTubeSight {
  readonly context: BroadcastContext;
  readonly memory: YouTubeMemory;
  readonly rule: BroadcastRule;
}
