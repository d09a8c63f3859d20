import { expect, test } from 'vitest';
import { brokenPromises, soakReport } from '../soak/soak-report.ts';
import { runSoak } from '../soak/soak-run.ts';

const MINUTES = 10;

test('minutes of faults in a row break no promise', { timeout: (MINUTES + 3) * 60_000 }, async () => {
  const lines: string[] = [];
  const figures = await runSoak({ minutes: MINUTES, seed: 20_261_122, tell: (line) => lines.push(line) });
  expect(brokenPromises(figures), `${lines.join('\n')}\n${soakReport(figures)}`).toEqual([]);
  expect(figures.strikes.length).toBeGreaterThanOrEqual(3);
  expect(figures.frames).toBeGreaterThan(2000);
});
