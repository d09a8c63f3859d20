import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually } from '../../fixtures/eventually.ts';
import { processTree } from '../../fixtures/workspace.ts';
import { percentile } from '../report/figures.ts';
import { type Part } from '../part.ts';
import { BUCKET, FORMAT, openScene, type Scene } from '../stage/scene.ts';
import { startSubject, writeDesired } from '../stage/subject.ts';
import { pause, reaches } from '../measure/waiting.ts';
import { makeMedia } from '../../fixtures/media-maker.ts';

const PROCESSES = [100, 1_000, 5_000];
const OBJECTS = [10, 1_000, 10_000];
const PASSES = 100;
/** On a busy machine there are fewer. */
const LIMIT_MS = 30_000;

/** How long a pass takes on hosts and with buckets of several sizes. */
export const passes: Part = {
  title: 'A pass',
  about:
    `The loop looks, decides, acts and tells once a second. Up to ${PASSES} passes of the real daemon (from the sources, by V8’s ` +
    'interpreter alone as the built file) while it is live, timed within it from beginning to end, waits included: ten in a row each second. Processes are that ' +
    'many more on the host; objects are all that lie under the prefix that is played.',
  run: async (dir) => {
    const scene = await openScene(dir);
    try {
      const file = await makeMedia({ name: 'bench-a', pattern: 'testsrc2', seconds: 40, bitrateKbps: 2500 });
      for (const count of OBJECTS) {
        for (let n = 0; n < count; n += 1)
          scene.store.putFile(BUCKET, `of-${count}/${String(n).padStart(5, '0')}.mp4`, file);
      }
      const rows: string[][] = [];
      for (const count of PROCESSES) rows.push(await besideProcesses(scene, count));
      for (const count of OBJECTS) rows.push(await row(scene, `${count} objects under the prefix`, `of-${count}/`));
      const columns = ['', 'passes', 'p50', 'p99', 'longest'];
      return { tables: [{ title: 'Passes', columns, rows }], plots: [], notes: [] };
    } finally {
      await scene.close();
    }
  },
};

async function besideProcesses(scene: Scene, count: number): Promise<string[]> {
  const crowd = spawn('sh', ['-c', CROWD_SCRIPT, 'crowd', String(count)], { stdio: 'ignore', detached: true });
  try {
    await eventually(
      () => {
        if (processTree(crowd.pid!).length <= count) throw new Error('not all there');
      },
      { timeoutMs: 60_000, everyMs: 500, what: `${count} processes` },
    );
    return await row(scene, `${count} processes more on the host`, 'a.mp4');
  } finally {
    await dispersed(crowd);
  }
}

/** The shell takes no TERM, and waits for the others to end, so that none of them stays as a zombie. */
const CROWD_SCRIPT = 'trap : TERM; i=0; while [ $i -lt $1 ]; do sleep 900 & i=$((i+1)); done; wait; wait';

async function dispersed(crowd: ChildProcess): Promise<void> {
  const gone = new Promise((done) => crowd.once('exit', done));
  process.kill(-crowd.pid!, 'SIGTERM');
  await gone;
}

async function row({ place }: Scene, what: string, media: string): Promise<string[]> {
  const file = join(place.dir, 'passes');
  writeDesired(place.dir, `running: true\nmedia: ${media}\n${FORMAT}`);
  const subject = startSubject({
    ...place,
    program: [
      // With --lite-mode, which the built file has, Node cannot read TypeScript.
      ...['--max-semi-space-size=1', '--no-opt', '--no-maglev', '--no-sparkplug'],
      ...['--import', resolve(import.meta.dirname, '../measure/pass-timer.ts')],
      resolve(import.meta.dirname, '../../../src/cli/streamctl.ts'),
    ],
    env: { ...place.env, BENCH_PASSES: file },
  });
  await subject.answersAtMs;
  await reaches(place.healthPort, 'live');
  await pause(2_000);
  const known = timesIn(file).length;
  const measured = (): readonly number[] => timesIn(file).slice(known, known + PASSES);
  for (const endMs = performance.now() + LIMIT_MS; performance.now() < endMs && measured().length < PASSES;) {
    await pause(200);
  }
  const times = measured();
  await subject.stop();
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  return [what, String(times.length), ms(percentile(times, 0.5)), ms(percentile(times, 0.99)), ms(Math.max(...times))];
}

const timesIn = (file: string): readonly number[] => readFileSync(file, 'utf8').split('\n').slice(0, -1).map(Number);
