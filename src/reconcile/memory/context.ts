import type { RetryPolicy } from './backoff.ts';
import type { Moment, Observation } from '../model/observation.ts';
import type { World } from '../runs/world.ts';

/** What a pass has seen, from which its memory follows. */
export interface AccountContext {
  readonly observation: Observation;
  readonly world: World;
  readonly policy: RetryPolicy;
  readonly now: Moment;
}
