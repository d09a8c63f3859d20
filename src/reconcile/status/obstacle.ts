import type { SpecProblem } from '../model/desired.ts';
import type { Observation } from '../model/observation.ts';
import type { Reason } from '../model/reasons.ts';

/** The first problem of the file, with its place. */
export const firstProblem = (problems: readonly SpecProblem[]): string => {
  const first = problems[0];
  return first === undefined ? 'refused' : `line ${first.line}, column ${first.column}: ${first.message}`;
};

/** What prevents every start, media apart; null = nothing. */
export function obstacleOf(observation: Observation): { readonly reason: Reason; readonly message: string } | null {
  const { toolchain, obstacles } = observation;
  const [first] = obstacles;
  if (first !== undefined) return first;
  if (toolchain.kind === 'unusable') return { reason: toolchain.reason, message: toolchain.message };
  return null;
}
