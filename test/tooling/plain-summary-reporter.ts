import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from 'vitest/node';

/** What a run came to. */
export interface TestCounts {
  readonly passed: number;
  /** Failed tests, plus files that could not be run and errors nobody caught. */
  readonly failed: number;
  /** Without those that are of the long run. */
  readonly skipped: number;
}

/** The closing line of a test run, for programs that read it. */
export function summaryLine(counts: TestCounts): string {
  const line = `${counts.passed} passed, ${counts.failed} failed`;
  return counts.skipped > 0 ? `${line}, ${counts.skipped} skipped` : line;
}

/** On a build server a skipped test is a failed one: there, every tool must be present. */
export function isRefused(counts: TestCounts, environment: { readonly CI?: string | undefined }): boolean {
  return counts.skipped > 0 && !['', '0', 'false'].includes(environment.CI ?? '');
}

/**
 * Ends the output with a plain `N passed, N failed` line, and fails a run on a build server that skipped tests. Above
 * that line, `flaky: FILE > NAME` for each test that passed at its second attempt, with what went wrong at the first.
 */
export default class PlainSummaryReporter implements Reporter {
  #filtered = false;

  onInit(vitest: Vitest): void {
    const { testNamePattern, tagsFilter } = vitest.config;
    this.#filtered = testNamePattern !== undefined || (tagsFilter ?? []).includes('long');
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[], reason: TestRunEndReason): void {
    const counts = countTests(modules, unhandled.length);
    const flaky = modules.flatMap((module) => [...module.children.allTests()].flatMap(flakyLine));
    process.once('exit', () => {
      if (reason === 'interrupted') process.stdout.write('interrupted\n');
      for (const line of flaky) process.stdout.write(`${line}\n`);
      if (!this.#filtered && isRefused(counts, process.env)) {
        process.stdout.write('Skipped tests count as failures here, since CI is set.\n');
        process.exitCode = 1;
      }
      process.stdout.write(`${summaryLine(counts)}\n`);
    });
  }
}

function countTests(modules: readonly TestModule[], unhandledErrors: number): TestCounts {
  let [passed, failed, skipped] = [0, unhandledErrors, 0];
  for (const module of modules) {
    failed += module.errors().length;
    for (const suite of module.children.allSuites()) failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { options } = test;
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state !== 'skipped') failed += 1;
      else if (!options.tags?.includes('long')) skipped += 1;
    }
  }
  return { passed, failed, skipped };
}

/** None for a test that passed at its first attempt, or at none. */
function flakyLine(test: TestCase): string[] {
  if (test.diagnostic()?.flaky !== true) return [];
  const [error] = test.result().errors ?? [];
  const why = error?.message.split('\n', 1)[0] ?? 'no error';
  return [`flaky: ${test.module.relativeModuleId} > ${test.fullName}`, `  ${why}`];
}
