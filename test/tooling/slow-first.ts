import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { repositoryRoot } from './repository.ts';

/**
 * Files that take long: half a minute and more among the unit tests, a minute and more among those of the real thing, the
 * longest first; those that encode all the time stand apart from each other, with files between them that mostly wait.
 * The last of them would be waited for alone at the end.
 */
export const SLOW: readonly string[] = [
  'test/observe/probe/prober.test.ts',
  'test/cli/doctor/doctor.test.ts',
  'test/simulation/simulation.test.ts',
  'test/observe/toolchain/watch.test.ts',
  'test/cli/plan/plan.test.ts',
  'test/integration/media/poison.test.ts',
  'test/chaos/storage.test.ts',
  'test/integration/programme/no-seam.test.ts',
  'test/integration/joins.test.ts',
  'test/systemd/service.test.ts',
  'test/integration/prepare.test.ts',
  'test/integration/programme/position.test.ts',
  'test/integration/programme/prefix.test.ts',
  'test/integration/untrusted-media.test.ts',
  'test/integration/snapshot.test.ts',
  'test/integration/demo.test.ts',
  'test/chaos/namespaces.test.ts',
  'test/integration/programme/any-media.test.ts',
  'test/chaos/ingest.test.ts',
  'test/chaos/state.test.ts',
  'test/integration/media/colours.test.ts',
  'test/integration/fuzz/fuzz.test.ts',
];

/** Begins with the files that take longest: begun last, one of them would be waited for alone. */
export default class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    const place = ({ moduleId }: TestSpecification): number => {
      const found = SLOW.indexOf(relative(repositoryRoot, moduleId));
      return found < 0 ? SLOW.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => order(a) - order(b) || place(a) - place(b));
  }
}
