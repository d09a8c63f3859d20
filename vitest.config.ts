import { defineConfig } from 'vitest/config';
import { NODE_CACHE } from './test/fixtures/node-cache.ts';
import { BUILT_ENV } from './test/fixtures/program.ts';
import SlowFirst from './test/tooling/slow-first.ts';

/** Files that drive real processes, ports and clocks. */
const real = [
  'test/integration/**/*.test.ts',
  'test/chaos/**/*.test.ts',
  'test/systemd/**/*.test.ts',
  'test/fixtures-proof/**/*.test.ts',
  'test/simulation/contract/ingest-contract.test.ts',
];
/** What takes minutes and guards against little that the others do not: `npm run test:long`, and not `npm test`. */
const long = ['test/**/*.long.test.ts'];

/**
 * Three projects. `unit` computes: two workers fill two cores. `integration` waits for clocks more than it works: once the
 * unit tests are through, two files at a time, of which each plays at most two streams at a time. Three take both cores
 * whole and hardly less time (31 minutes in all), and one test needed a second attempt; four were too many. `long` is for itself.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/tooling/plain-summary-reporter.ts'],
    pool: 'forks',
    globalSetup: './test/tooling/build-once.ts',
    env: { ...NODE_CACHE, ...BUILT_ENV },
    sequence: { sequencer: SlowFirst },
    // On a single test what the file name `*.long.test.ts` is on a whole file.
    tags: [{ name: 'long', description: 'takes long and guards little that others do not: npm run test:long' }],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...real, ...long],
          maxWorkers: 2,
          // A test that passes at its second attempt is named as flaky in the last lines of the output.
          retry: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: real,
          exclude: long,
          maxWorkers: 2,
          maxConcurrency: 2,
          retry: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: long,
          maxWorkers: 2,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
