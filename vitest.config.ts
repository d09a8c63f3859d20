import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
/** Files that put something else in place of a module, which no file before them may have loaded. */
const mocking = globSync('test/**/*.test.ts', { cwd: import.meta.dirname }).filter((file) =>
  readFileSync(join(import.meta.dirname, file), 'utf8').includes('vi.mock('),
);
/** What takes minutes and guards against little that the others do not: `npm run test:long`, and not `npm test`. */
const long = ['test/**/*.long.test.ts'];

/** A test that passes at its second attempt is named as flaky in the last lines of the output. */
const unit = {
  maxWorkers: 3,
  // The simulation makes much that lives shortly: with the heap's own 16 MB it spends an eighth of its time on collecting it.
  execArgv: ['--max-semi-space-size=64'],
  retry: 1,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  sequence: { groupOrder: 0 },
};

/**
 * Four projects. `unit` computes: three workers fill two cores, as some wait. `unit-mocking` has what cannot share a
 * process with others. `integration` waits for clocks more than it works: once the unit tests are through, three files at
 * a time, of which each plays at most two streams at a time. Two left 40 % of both cores unused. Files of both share a
 * process: to load everything anew took a fifth of the time of a unit file, and two seconds of processor for one of
 * integration. `long` is for itself.
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
          exclude: [...real, ...long, ...mocking],
          isolate: false,
          ...unit,
        },
      },
      { extends: true, test: { name: 'unit-mocking', include: mocking, ...unit } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: real,
          exclude: long,
          isolate: false,
          maxWorkers: 3,
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
