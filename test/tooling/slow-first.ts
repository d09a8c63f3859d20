import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { repositoryRoot } from './repository.ts';

/**
 * Files of the project `integration` that take a minute and more, the longest first; those that encode all the time stand
 * apart from each other, with files between them that mostly wait.
 */
export const SLOW: readonly string[] = [
  'test/chaos/storage.test.ts',
  'test/integration/media/poison.test.ts',
  'test/integration/programme/no-seam.test.ts',
  'test/integration/programme/prefix.test.ts',
  'test/systemd/service.test.ts',
  'test/chaos/namespaces.test.ts',
  'test/integration/demo.test.ts',
  'test/chaos/processes.test.ts',
  'test/integration/prepare.test.ts',
  'test/integration/untrusted-media.test.ts',
  'test/integration/programme/any-media.test.ts',
  'test/chaos/state.test.ts',
  'test/integration/media/contradicted.test.ts',
  'test/chaos/ingest.test.ts',
  'test/integration/fuzz/fuzz.test.ts',
  'test/integration/programme/clip.test.ts',
];

/**
 * Begins with the files that take longest: begun last, one of them would be waited for alone. Between them stand, in equal
 * parts, the files of the other projects, which compute while those wait; part by part, as a process is shared only by
 * files of one project that come one after the other.
 */
export function slowFirst<File>(real: readonly File[], quick: readonly File[], pathOf: (file: File) => string): File[] {
  const place = (file: File): number => {
    const found = SLOW.indexOf(pathOf(file));
    return found < 0 ? SLOW.length : found;
  };
  const ordered = real.toSorted((a, b) => place(a) - place(b));
  const part = Math.ceil(quick.length / Math.max(1, Math.min(SLOW.length, ordered.length) - 1));
  const [first, ...others] = ordered;
  const mixed = others.flatMap((file, i) => [file, ...quick.slice(i * part, (i + 1) * part)]);
  return [...(first === undefined ? [] : [first]), ...mixed, ...quick.slice(others.length * part)];
}

/** `slowFirst` for vitest. */
export default class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = (await super.sort(files)).toSorted((a, b) => groupOf(a) - groupOf(b));
    const groups = Map.groupBy(sorted, groupOf);
    return [...groups.values()].flatMap((group) => {
      const { real = [], quick = [] } = Object.groupBy(group, ({ project }) =>
        project.name === 'integration' ? 'real' : 'quick',
      );
      return slowFirst(real, quick, ({ moduleId }) => relative(repositoryRoot, moduleId));
    });
  }
}

const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
