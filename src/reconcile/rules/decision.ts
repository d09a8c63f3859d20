import type { StopManner } from '../model/memory.ts';
import type { Action } from '../model/plan.ts';
import type { Run } from '../model/run.ts';

/** A run to be ended, how, and why. */
export interface Stop {
  readonly run: Run;
  readonly manner: StopManner;
  readonly reason: string;
}

/** The rule that decided, the runs it ends and its other actions. */
export interface Decision<Rule> {
  readonly rule: Rule;
  readonly stops: readonly Stop[];
  readonly actions: readonly Action[];
}

/** A decision; without further arguments nothing is done. */
export const decision = <Rule>(
  rule: Rule,
  stops: readonly Stop[] = [],
  actions: readonly Action[] = [],
): Decision<Rule> => ({ rule, stops, actions });

/** Ends these runs at once. */
export const kill = (runs: readonly Run[], reason: string): readonly Stop[] =>
  runs.map((run) => ({ run, manner: 'kill', reason }));

/** The decision to end one run. */
export const stop = <Rule>(rule: Rule, run: Run, manner: StopManner, reason: string): Decision<Rule> =>
  decision(rule, [{ run, manner, reason }]);
