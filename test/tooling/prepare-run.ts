import { mkdirSync } from 'node:fs';
import { build } from '../../deploy/package/build.ts';
import { ToolchainWatch } from '../../src/observe/toolchain/watch.ts';
import { STATE_FILES } from '../../src/state/files.ts';
import { StateDir } from '../../src/state/state-dir.ts';
import { CHILD_PATH, findProgram } from '../../src/system/programs.ts';
import { eventually } from '../fixtures/eventually.ts';
import { PREPARED, PROGRAM_SOURCE } from '../fixtures/program.ts';

/** Once per test run, before all tests: the program is built, and the FFmpeg that daemons will find is asked who it is. */
export default async function prepareRun(): Promise<void> {
  mkdirSync(PREPARED.dir, { recursive: true });
  await build({ entry: PROGRAM_SOURCE, dist: PREPARED.dist, binDir: null });
  await askFfmpeg();
}

/** As the daemon does, and with its memory: an answer of the run before holds as long as the binary is the same. */
async function askFfmpeg(): Promise<void> {
  const store = new StateDir(PREPARED.dir);
  const memory = {
    load: () => store.load(STATE_FILES.toolchain),
    save: (text: string) => void store.save(STATE_FILES.toolchain, text),
  };
  const find = (): string | null => findProgram('ffmpeg', CHILD_PATH);
  const watch = new ToolchainWatch(
    find,
    PREPARED.dir,
    memory,
    () => undefined,
    () => performance.now(),
  );
  await eventually(
    () => {
      if (watch.read().kind === 'checking') throw new Error('it is still being asked');
    },
    { what: 'FFmpeg to say who it is' },
  );
}
