import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { Random } from '../../simulation/random.ts';
import { drawFile } from './changes.ts';
import { judgeFile } from './judge.ts';

/**
 * Tests that make and judge so many files, the first by this seed, the next by the next numbers. MEDIA_RUNS and MEDIA_SEED
 * say other ones. `known`: seeds of files that were once played or judged wrongly, which come first.
 */
export function judgeFiles(defaultRuns: number, defaultSeed: number, known: readonly number[] = []): void {
  const runs = Number(process.env['MEDIA_RUNS'] ?? defaultRuns);
  const seed = Number(process.env['MEDIA_SEED'] ?? defaultSeed);
  let workspace: Workspace;

  beforeAll(() => {
    workspace = makeWorkspace();
  });

  afterAll(() => workspace.cleanup());

  test(
    'what is cut, joined, re-timed or mislabelled has both streams, together, as long as they are, or is passed over',
    { timeout: 120_000 + runs * 15_000 },
    async () => {
      const faults: string[] = [];
      const first = process.env['MEDIA_SEED'] === undefined ? known : [];
      const seeds = [...first, ...Array.from({ length: runs }, (_, i) => seed + i)].values();
      const work = async (): Promise<void> => {
        for (const own of seeds) faults.push(...(await faultsOf(own, workspace.dir)));
      };
      await Promise.all([work(), work()]);
      expect(faults).toEqual([]);
    },
  );
}

async function faultsOf(seed: number, dir: string): Promise<string[]> {
  const scratch = mkdtempSync(join(dir, 'file-'));
  const { path, what } = await drawFile(new Random(seed), scratch);
  const { kind, faults } = await judgeFile(path, scratch);
  if (faults.length > 0) keep(path, seed);
  rmSync(scratch, { recursive: true });
  return faults.length === 0 ? [] : [`MEDIA_SEED=${seed} MEDIA_RUNS=1: ${what}: ${kind}: ${faults.join('; ')}`];
}

/** For looking into a fault: with MEDIA_KEEP, a directory, the file stays there. */
function keep(path: string, seed: number): void {
  const dir = process.env['MEDIA_KEEP'];
  if (dir === undefined) return;
  mkdirSync(dir, { recursive: true });
  copyFileSync(path, join(dir, `${seed}-${basename(path)}`));
}
