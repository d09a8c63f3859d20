import { parseArgs } from 'node:util';
import { interruption } from '../../src/cli/interruption.ts';
import { trial } from './trial.ts';

const DEFAULT_MINUTES = 3;

/** `npm run trial -- [--minutes N]`: exit 0, it came to its end; 1, it did not; 2, wrong use. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { minutes: { type: 'string' } } });
  const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
  if (!(minutes > 0 && minutes <= 60)) {
    process.stderr.write('usage: npm run trial -- [--minutes N], which is over 0 and at most 60\n');
    return 2;
  }
  const failure = await trial({
    minutes,
    env: process.env,
    cwd: process.cwd(),
    signal: interruption(),
    out: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
  });
  if (failure !== null) process.stderr.write(`${failure}\n`);
  return failure === null ? 0 : 1;
}

process.exit(await main());
