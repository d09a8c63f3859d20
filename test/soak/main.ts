import { parseArgs } from 'node:util';
import { brokenPromises, soakReport } from './soak-report.ts';
import { runSoak } from './soak-run.ts';

/**
 * `npm run soak -- [--hours H] [--minutes M] [--seed S]`: 24 hours by default; exit 1 on a broken promise, 130 when
 * interrupted.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { hours: { type: 'string' }, minutes: { type: 'string' }, seed: { type: 'string' } },
  });
  const given = [values.hours, values.minutes, values.seed].filter((text) => text !== undefined);
  if (given.some((text) => !/^\d+(?:\.\d+)?$/.test(text))) {
    process.stderr.write('usage: npm run soak -- [--hours H] [--minutes M] [--seed S], all of them numbers\n');
    return 2;
  }
  const none = values.hours === undefined && values.minutes === undefined;
  const minutes = none ? 24 * 60 : Number(values.hours ?? 0) * 60 + Number(values.minutes ?? 0);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  process.stderr.write(`soaking for ${minutes} minutes with seed ${seed}\n`);
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  const tell = (line: string): boolean => process.stderr.write(`${line}\n`);
  try {
    const figures = await runSoak({ minutes, seed, tell, signal: interrupt.signal });
    process.stdout.write(soakReport(figures));
    return brokenPromises(figures).length === 0 ? 0 : 1;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    tell('interrupted: nothing is left running, and there is no report');
    return 130;
  }
}

// What was under way when it was interrupted does not keep it from ending.
process.exit(await main());
