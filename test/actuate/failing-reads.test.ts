import { readdirSync, writeFileSync } from 'node:fs';
import type * as fileSystem from 'node:fs/promises';
import { join } from 'node:path';
import type * as timers from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HouseClips } from '../../src/actuate/house-clips.ts';
import { every, none, only } from '../fixtures/failing-reads.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

const reads = await vi.hoisted(async () => (await import('../fixtures/failing-reads.ts')).makeFailingReads());

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof fileSystem>();
  return { ...fs, ...reads.promised(fs, ['readdir', 'readFile', 'stat']) };
});
vi.mock('node:timers/promises', async (importOriginal) => ({
  ...(await importOriginal<typeof timers>()),
  setTimeout: () => Promise.resolve(),
}));

const IDS = ['000000000001', '000000000002'];
const FILES = IDS.flatMap((id) => [`clip-${id}.json`, `clip-${id}.mp4`]);
let workspace: Workspace;

beforeEach(() => {
  workspace = makeWorkspace();
  for (const id of IDS) {
    writeFileSync(join(workspace.dir, `clip-${id}.mp4`), 'picture');
    writeFileSync(join(workspace.dir, `clip-${id}.json`), '{"fps":30,"frames":300,"gopFrames":30,"sizeBytes":7}');
  }
  reads.begin(none);
});
afterEach(async () => {
  reads.begin(none);
  await workspace.cleanup();
});

/** The ids of the clips that the next daemon knows. */
async function found(): Promise<readonly string[]> {
  const clips = new HouseClips({
    dir: workspace.dir,
    ffmpegPath: () => null,
    filters: () => ({ toneMapping: false }),
    write: writeFileSync,
    now: () => 0,
    wake: () => undefined,
  });
  await clips.load();
  return [...(await clips.look()).keys()].toSorted();
}

const files = (): readonly string[] => readdirSync(workspace.dir).toSorted();

describe('clips of an earlier daemon', () => {
  it('are known after any single read that fails', async () => {
    expect(await found()).toEqual(IDS);
    for (const [nth, failed] of [...reads.seen].entries()) {
      reads.begin(only(nth, 'EIO'));
      expect({ failed, found: await found(), files: files() }).toEqual({ failed, found: IDS, files: FILES });
    }
  });

  it.each(['readFile .*1\\.json', 'stat .*1\\.mp4'])('are not deleted where one fails for long (%s)', async (call) => {
    reads.begin(every(new RegExp(`^${call}`), 'EIO'));
    expect(await found()).toEqual(IDS.slice(1));
    expect(files()).toEqual(FILES);
  });

  it('are not deleted where their directory could not be read for long, and are found later', async () => {
    let fails = 6;
    reads.begin((what) => (what.startsWith('readdir') && fails-- > 0 ? 'EIO' : null));
    expect(await found()).toEqual(IDS);
    expect(files()).toEqual(FILES);
  });
});
