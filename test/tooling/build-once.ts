import { build } from '../../deploy/package/build.ts';
import { forget } from '../fixtures/found-out.ts';
import { BUILT, PROGRAM_SOURCE } from '../fixtures/program.ts';

/** Once per test run, before all tests: what they start is built from what is there now. */
export default async function buildOnce(): Promise<void> {
  forget();
  await build({ entry: PROGRAM_SOURCE, dist: BUILT, binDir: null });
}
