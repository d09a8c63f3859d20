import fc from 'fast-check';
import { play } from './scenario.ts';
import type { Scenario } from './simulation.ts';

/** What a campaign came to. */
export interface Campaign {
  readonly runs: number;
  /** Steps of the simulated worlds, after each of which the promises of safety were checked. */
  readonly steps: number;
  readonly passes: number;
  readonly effects: number;
  readonly daemons: number;
  readonly virtualHours: number;
  /** Rules of the planner that fired in it. */
  readonly rules: ReadonlySet<string>;
}

/** The campaign of every day is always the same one, so that a change is to blame when it fails. */
const EVERYDAY_SEED = 20_261_122;

/** `SIM_RUNS` asks for a campaign of that length nobody has seen before; `SIM_SEED` plays one again. */
export function orderedCampaign(defaultRuns: number): { readonly numRuns: number; readonly seed?: number } {
  const runs = process.env['SIM_RUNS'];
  const seed = process.env['SIM_SEED'];
  const numRuns = Number(runs ?? defaultRuns);
  if (seed !== undefined) return { numRuns, seed: Number(seed) };
  return runs === undefined ? { numRuns, seed: EVERYDAY_SEED } : { numRuns };
}

/** Plays so many scenarios; rejects with the smallest found that breaks a promise, its seed, and what happened in it. */
export async function runCampaign(
  scenarios: fc.Arbitrary<Scenario>,
  order: { numRuns: number; seed?: number },
): Promise<Campaign> {
  const rules = new Set<string>();
  const sums = { steps: 0, passes: 0, effects: 0, daemons: 0, virtualMs: 0 };
  const details = await fc.check(
    fc.asyncProperty(scenarios, async (scenario) => {
      const { judge, machine, daemons } = await play(scenario);
      for (const rule of judge.fired) rules.add(rule);
      sums.steps += judge.steps;
      sums.passes += judge.passes;
      sums.effects += judge.effects;
      sums.daemons += daemons;
      sums.virtualMs += machine.nowMs;
    }),
    order,
  );
  if (details.failed) {
    const { errorInstance } = details;
    const what = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    throw new Error(`SIM_SEED=${details.seed} (${details.numRuns} runs, ${details.numShrinks} shrinks): ${what}`, {
      cause: errorInstance,
    });
  }
  const { virtualMs, ...counts } = sums;
  return { runs: details.numRuns, ...counts, virtualHours: virtualMs / 3_600_000, rules };
}
