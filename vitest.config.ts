import { defineConfig } from 'vitest/config';

const integration = [
  'test/integration/**/*.test.ts',
  'test/chaos/**/*.test.ts',
  'test/systemd/**/*.test.ts',
  'test/fixtures-proof/**/*.test.ts',
  'test/simulation/contract/ingest-contract.test.ts',
];

/**
 * Two projects: `unit` is fast and runs on two workers; `integration` drives real processes, ports and clocks,
 * so its files run one after the other, and only once the unit tests are through.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/tooling/plain-summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: integration,
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: integration,
          pool: 'forks',
          fileParallelism: false,
          maxWorkers: 1,
          // Chaos tests wait more than they work: three at a time fit two cores.
          maxConcurrency: 3,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
