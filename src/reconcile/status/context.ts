import type { DesiredState } from '../model/desired.ts';
import type { Memory } from '../model/memory.ts';
import type { Moment, Observation } from '../model/observation.ts';
import type { MediaFailure } from '../model/reasons.ts';
import type { FiredRules } from '../model/rules.ts';
import type { World } from '../runs/world.ts';
import type { YouTubeSight } from '../model/youtube/context.ts';

/** What a pass knows when it concludes status and conditions. */
export interface StatusContext {
  readonly desired: DesiredState;
  readonly observation: Observation;
  /** null = the processes could not be read. */
  readonly world: World | null;
  readonly memory: Memory;
  readonly rules: FiredRules;
  /** What is wrong with the media in desired.yaml, even if something else is on air. */
  readonly mediaFailure: MediaFailure | null;
  readonly youtube: YouTubeSight;
  readonly now: Moment;
}
