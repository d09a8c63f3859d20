import { expect, it } from 'vitest';
import { orderedCampaign, runCampaign } from './campaign.ts';
import { stormyScenario } from './scenario.ts';

const RUNS = 600;

it('faults on top of each other break no promise, and all is well again in time', async () => {
  const order = orderedCampaign(RUNS);
  const campaign = await runCampaign(stormyScenario, order);
  expect(campaign.runs).toBe(order.numRuns);
}, 3_600_000);
