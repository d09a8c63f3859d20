import { expect, it } from 'vitest';
import { faultOf } from './commands/fault.ts';
import { ingestFails } from './commands/ingest-fails.ts';
import { play } from './scenario.ts';

it('a line too thin for 90 s breaks no promise, and once it is wide again another uplink is at the present', async () => {
  const { judge } = await play({
    seed: 5,
    settings: { urlTtlS: 604_800, delayMs: 5_000, maxRetries: 3 },
    steps: [
      { afterMs: 20_000, fault: faultOf(ingestFails, { mode: 'thin', reset: false, forMs: 90_000 }) },
      { afterMs: 130_000, fault: faultOf(ingestFails, { mode: 'accept', reset: false, forMs: 300 }) },
    ],
  });
  expect(judge.fired).toContain('uplink-belated');
}, 60_000);
