import { expect, it } from 'vitest';
import { orderedCampaign, runCampaign } from './campaign.ts';
import { calmScenario, stormyScenario } from './scenario.ts';

it.each([
  ['one fault after the other', calmScenario],
  ['faults on top of each other', stormyScenario],
])('%s, thousands of times, break no promise', { timeout: 3_600_000 }, async (_, scenarios) => {
  const order = orderedCampaign(8_000);
  expect((await runCampaign(scenarios, order)).runs).toBe(order.numRuns);
});
