import type { StopManner } from '../model/memory.ts';
import type { Action } from '../model/plan.ts';
import type { Run } from '../model/run.ts';

/** A run to end, how, and why. */
export interface Stop {
  readonly run: Run;
  readonly manner: StopManner;
  readonly reason: string;
}

/** What a rule comes to. */
export interface Decision<Rule> {
  readonly rule: Rule;
  readonly stops: readonly Stop[];
  readonly actions: readonly Action[];
}

export const decision = <Rule>(
  rule: Rule,
  stops: readonly Stop[] = [],
  actions: readonly Action[] = [],
): Decision<Rule> => ({ rule, stops, actions });

export const kill = (runs: readonly Run[], reason: string): readonly Stop[] =>
  runs.map((run) => ({ run, manner: 'kill', reason }));

export const stop = <Rule>(rule: Rule, run: Run, manner: StopManner, reason: string): Decision<Rule> =>
  decision(rule, [{ run, manner, reason }]);
