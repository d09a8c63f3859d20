import type { ByteSample, ItemFacts, LocalCopy } from './item.ts';
import type { Memory } from './memory.ts';
import type { HouseFormat, PlayoutSpec } from './playout.ts';
import type { FiredRules } from './rules.ts';
import type { Role, Run } from './run.ts';
import type { Condition, Status } from './status.ts';
import type { YouTubeSight } from './youtube/context.ts';
import type { YouTubeCall } from './youtube/youtube.ts';

/** One effect. An action leaves the actuator nothing to decide. */
export type Action =
  | { readonly kind: 'startUplink'; readonly runId: string; readonly specHash: string }
  | {
      readonly kind: 'startPlayout';
      readonly runId: string;
      readonly specHash: string;
      readonly spec: PlayoutSpec;
      /** When its first picture is expected on air: by that the place in a clip under a song is chosen. */
      readonly seenAtWallMs: number;
      /** Size of the reservoir before its gate; null = no reservoir. */
      readonly reservoirBytes: number | null;
    }
  | {
      readonly kind: 'signal';
      readonly run: Run;
      readonly signal: 'SIGTERM' | 'SIGKILL';
      readonly scope: 'process' | 'group';
      readonly reason: string;
    }
  /** Ask for an item's facts, unless they are younger than `maxAgeMs`. `sample`: bytes to read as well, as a test of the store; null = none. */
  | {
      readonly kind: 'inspectItem';
      readonly key: string;
      readonly maxAgeMs: number;
      readonly sample: ByteSample | null;
    }
  /** Replace the known facts of the object by these. */
  | { readonly kind: 'mendFacts'; readonly facts: ItemFacts }
  | { readonly kind: 'listMedia'; readonly prefix: string; readonly maxAgeMs: number }
  /** Keep a copy of this object on this machine, unless it was compared with the store within `maxAgeMs`. */
  | { readonly kind: 'keepCopy'; readonly key: string; readonly maxAgeMs: number }
  /** Keep this picture or clip in house format on this machine; `copy` null = the built-in colour. */
  | { readonly kind: 'keepClip'; readonly id: string; readonly copy: LocalCopy | null; readonly format: HouseFormat }
  | { readonly kind: 'probeIngest' }
  /** Begin a call to YouTube; a later observation has its answer, under this nonce. */
  | { readonly kind: 'askYouTube'; readonly nonce: string; readonly call: YouTubeCall; readonly rule: string }
  /** Delete the files a dead run left. */
  | { readonly kind: 'forgetRun'; readonly runId: string; readonly role: Role }
  | { readonly kind: 'exit'; readonly code: 0 | 1; readonly message: string };

/** What one pass concluded. */
export interface Plan {
  readonly rules: FiredRules;
  readonly actions: readonly Action[];
  readonly memory: Memory;
  readonly verdict: Status;
  readonly conditions: readonly Condition[];
  /** null = nothing plays, or nothing is known to follow. */
  readonly upcoming: Upcoming | null;
  readonly youtube: YouTubeSight;
  /** Laws of planning that were broken, which are bugs of ours; the actions that broke them are left out. */
  readonly flaws: readonly string[];
}

/** The item that follows the one on air. */
export interface Upcoming {
  readonly key: string;
  /** Milliseconds until the item on air ends; null = its length is not known, or the slate is on air. */
  readonly inMs: number | null;
}
