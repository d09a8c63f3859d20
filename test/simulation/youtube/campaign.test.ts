import fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderedCampaign } from '../campaign.ts';
import { Controller } from './controller.ts';
import { anyYouTubeFault, healAll, whatIsWrong, type YouTubeFault } from './faults.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A spent budget of creations comes back within a day. */
const CONVERGES_WITHIN_MS = 26 * HOUR_MS;

const scenario = fc.array(
  fc.record({
    afterMs: fc.constantFrom(0, 1_000, 7_000, 30_000, 3 * MINUTE_MS, 20 * MINUTE_MS),
    fault: anyYouTubeFault,
  }),
  { minLength: 1, maxLength: 14 },
);

async function runScenario(
  steps: readonly { readonly afterMs: number; readonly fault: YouTubeFault }[],
): Promise<Controller> {
  const controller = new Controller();
  const { youtube } = controller;
  const begun: number[] = [];
  let created = 0;
  controller.afterPass = () => {
    if (youtube.created > created) begun.push(youtube.nowMs);
    created = youtube.created;
    const today = begun.filter((atMs) => youtube.nowMs - atMs < 23 * HOUR_MS);
    if (today.length > 8) throw new Error(`${today.length} broadcasts were begun in a day`);
    for (const { id, ours, streamId, lifeCycle } of youtube.broadcasts.values()) {
      if (!ours && streamId === 'another-stream' && lifeCycle === 'complete') {
        throw new Error(`${id}, which shows another stream, was completed`);
      }
    }
  };
  await controller.pass(5 * MINUTE_MS);
  for (const { afterMs, fault } of steps) {
    await controller.pass(afterMs);
    fault.happen(controller);
  }
  await controller.pass(10_000);
  healAll(controller);
  controller.passMs = 5_000;
  await controller.pass(CONVERGES_WITHIN_MS, () => whatIsWrong(controller) === null);
  // It stays so; a renewal that is due just now is given its time.
  await controller.pass(10 * MINUTE_MS);
  await controller.pass(10 * MINUTE_MS, () => whatIsWrong(controller) === null);
  const wrong = whatIsWrong(controller);
  if (wrong !== null)
    throw new Error(`in the end ${wrong}; the last rules: ${[...controller.rules.keys()].slice(-6).join(', ')}`);
  return controller;
}

it('exactly one broadcast is live in the end, whatever goes wrong in any order', async () => {
  const rules = new Set<string>();
  await fc.assert(
    fc.asyncProperty(scenario, async (steps) => {
      const controller = await runScenario(steps);
      for (const rule of controller.rules.keys()) rules.add(rule);
    }),
    orderedCampaign(150),
  );
  expect(rules.size).toBeGreaterThan(20);
}, 600_000);
