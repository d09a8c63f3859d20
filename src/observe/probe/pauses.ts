import { toThousandths } from './numbers.ts';

/** The longest time from one moment to the next, in the order of time, seconds; 0 where there are less than two. */
export function longestStepS(timesS: readonly number[]): number {
  const inOrder = timesS.toSorted((a, b) => a - b);
  return toThousandths(inOrder.reduce((longest, atS, i) => Math.max(longest, atS - (inOrder[i - 1] ?? atS)), 0));
}

/** A shorter step is no pause: pictures at 10 a second, or frames of sound that overlap. */
const LEAST_S = 0.12;

/** The pause as a stream's facts hold it; absent where the step is no pause. */
export const pauseOf = (stepS: number): { readonly longestPauseS?: number } =>
  stepS < LEAST_S ? {} : { longestPauseS: stepS };
