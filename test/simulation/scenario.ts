import fc from 'fast-check';
import { anyFault } from './commands/all.ts';
import { type Scenario, Simulation } from './simulation.ts';

const settings = fc.record({
  urlTtlS: fc.constantFrom(604_800, 604_800, 604_800, 20, 120),
  delayMs: fc.constantFrom(1_000, 5_000, 30_000),
  maxRetries: fc.constantFrom(3, 3, 1, 0),
  mbuffer: fc.constantFrom('atHand', 'atHand', 'atHand', 'missing'),
});

const scenarioOf = (afterMs: fc.Arbitrary<number>, most: number): fc.Arbitrary<Scenario> =>
  fc.record({
    seed: fc.nat(),
    settings,
    steps: fc.array(fc.record({ afterMs, fault: anyFault }), { minLength: 1, maxLength: most }),
  });

/** Faults one after the other, most of them healed before the next. */
export const calmScenario = scenarioOf(fc.integer({ min: 2_000, max: 30_000 }), 8);

/** Faults on top of each other. */
export const stormyScenario = scenarioOf(
  fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 6_000 })),
  16,
);

/** Any course of events. */
export const anyScenario = fc.oneof(calmScenario, stormyScenario);

/** Plays it; what goes wrong is told with everything that is needed to play it again. */
export async function play(scenario: Scenario): Promise<Simulation> {
  const simulation = new Simulation(scenario);
  try {
    await simulation.run();
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : String(error)}\n${describeCourse(simulation, scenario)}`,
      { cause: error },
    );
  }
  return simulation;
}

function describeCourse({ machine, trace }: Simulation, { seed, settings: chosen, steps }: Scenario): string {
  return [
    `at ${(machine.nowMs / 1_000).toFixed(1)} s of seed ${seed}, ${JSON.stringify(chosen)}; what happened:`,
    ...trace,
    'the schedule:',
    ...steps.map(({ afterMs, fault }) => `${String(afterMs).padStart(7)} ms later: ${fault.name}`),
  ].join('\n');
}
