/** The longest time from one to the next, in the order of time, seconds; 0 when there are less than two. */
export function longestStepS(timesS: readonly number[]): number {
  const inOrder = timesS.toSorted((a, b) => a - b);
  const stepsS = inOrder.slice(1).map((atS, i) => atS - (inOrder[i] ?? atS));
  return Math.round(stepsS.reduce((longest, stepS) => Math.max(longest, stepS), 0) * 1000) / 1000;
}

/** What is shorter is no pause: a picture of 10 frames a second, or an overlap of frames of sound. */
const LEAST_S = 0.12;

/** As the facts of a stream have it. */
export const pauseOf = (stepS: number): { readonly longestPauseS?: number } =>
  stepS < LEAST_S ? {} : { longestPauseS: stepS };
