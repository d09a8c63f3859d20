import type { Mutation } from './world-builder.ts';

/** A healthy world with these deviations, and the whole plan expected: rules, verdict, actions. */
export interface PlanRow {
  readonly name: string;
  readonly world: readonly Mutation[];
  readonly plan: readonly string[];
}
