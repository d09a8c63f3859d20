import type { Memory } from './model/memory.ts';
import type { Moment, Observation } from './model/observation.ts';
import type { Action, Plan } from './model/plan.ts';

/** What the loop needs of the world, real or simulated. */
export interface Ports {
  readonly observe: () => Promise<Observation>;
  /** Carries out one action. The next observation shows its effect; a failure is only logged. */
  readonly act: (action: Action) => Promise<ActionResult>;
  readonly now: () => Moment;
  /** Publishes the result of a pass: state files, `/health`, the log. */
  readonly publish: (pass: Pass) => void;
  /** Resolves after this long, or at once when the daemon was woken meanwhile. */
  readonly sleep: (ms: number) => Promise<void>;
}

export type ActionResult =
  | { readonly kind: 'done'; readonly detail?: string }
  | { readonly kind: 'withheld'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

export interface Pass {
  readonly observation: Observation;
  readonly plan: Plan;
  readonly before: Memory;
  readonly now: Moment;
  readonly results: readonly { readonly action: Action; readonly result: ActionResult }[];
}
