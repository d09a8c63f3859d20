import type { SpecProblem } from '../model/desired.ts';
import type { Observation, Obstacle } from '../model/observation.ts';
import type { Reason } from '../model/reasons.ts';

export const firstProblem = (problems: readonly SpecProblem[]): string => {
  const first = problems[0];
  return first === undefined ? 'refused' : `line ${first.line}, column ${first.column}: ${first.message}`;
};

/** What prevents any start, other than media. */
export function obstacleOf(observation: Observation): { readonly reason: Reason; readonly message: string } | null {
  const { toolchain, obstacles } = observation;
  const first: Obstacle | undefined = obstacles[0];
  if (first !== undefined) return first;
  if (toolchain.kind === 'unusable') return { reason: toolchain.reason, message: toolchain.message };
  return null;
}
