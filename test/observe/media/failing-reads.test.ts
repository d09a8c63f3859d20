import { readdirSync, writeFileSync } from 'node:fs';
import type * as fileSystem from 'node:fs/promises';
import { join } from 'node:path';
import type * as timers from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LocalCopies } from '../../../src/observe/media/local-copies.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { every, none, only } from '../../fixtures/failing-reads.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { factsOf } from '../../reconcile/world-builder.ts';

const reads = await vi.hoisted(async () => (await import('../../fixtures/failing-reads.ts')).makeFailingReads());

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof fileSystem>();
  return { ...fs, ...reads.promised(fs, ['readdir', 'readFile', 'stat']) };
});
vi.mock('node:timers/promises', async (importOriginal) => ({
  ...(await importOriginal<typeof timers>()),
  setTimeout: () => Promise.resolve(),
}));

let workspace: Workspace;
let wakes: number;

beforeEach(() => {
  workspace = makeWorkspace();
  wakes = 0;
  for (const [name, key] of Object.entries(KEPT)) {
    writeFileSync(join(workspace.dir, `${name}.media`), 'picture');
    writeFileSync(join(workspace.dir, `${name}.json`), JSON.stringify(factsOf(key, { sizeBytes: 7 })));
  }
  reads.begin(none);
});
afterEach(async () => {
  reads.begin(none);
  await workspace.cleanup();
});

const KEPT = { 'copy-0000000000000001': 'slate.png', 'copy-0000000000000002': 'visual.png' };
const FILES = Object.keys(KEPT).flatMap((name) => [`${name}.json`, `${name}.media`]);

/** The next daemon, whose store gives nothing but a file of its own. */
async function daemon(): Promise<LocalCopies> {
  const copies = new LocalCopies({
    dir: workspace.dir,
    factsOf: async (key) =>
      key === 'other.png'
        ? { kind: 'ok', value: factsOf(key) }
        : { kind: 'failed', failure: { reason: 'StorageUnreachable', message: 'the store is away' } },
    getStreamUrl: async (key) => ({ kind: 'ok', value: `file:/${key}` }),
    caFile: null,
    write: writeFileSync,
    now: () => 0,
    wake: () => void wakes++,
  });
  await copies.load();
  return copies;
}

/** Asks for what is kept, then for another, by which the files that no copy uses are deleted. */
async function sweep(copies: LocalCopies): Promise<void> {
  for (const key of Object.values(KEPT)) copies.keep(key, 0);
  copies.keep('other.png', 0);
  await eventually(() => expect(copies.copyOf('other.png').kind).toBe('ok'));
  await eventually(() => expect(wakes).toBeGreaterThan(0));
}

describe('copies of an earlier daemon', () => {
  it('are known after any single read that fails', async () => {
    const whole = await (await daemon()).look();
    expect([...whole.keys()].toSorted()).toEqual(['slate.png', 'visual.png']);
    reads.begin(none);
    await daemon();
    for (const [nth, failed] of [...reads.seen].entries()) {
      reads.begin(only(nth, 'EIO'));
      expect({ failed, copies: await (await daemon()).look() }).toEqual({ failed, copies: whole });
    }
  });

  it.each(['readdir', 'readFile .*1\\.json', 'stat .*1\\.media'])(
    'are not deleted where they could not be read for long (%s)',
    async (call) => {
      reads.begin(every(new RegExp(`^${call}`), 'EIO'));
      const copies = await daemon();
      reads.begin(none);
      await sweep(copies);
      expect(readdirSync(workspace.dir).toSorted()).toEqual(FILES);
    },
  );

  it('are deleted where they are known and nobody asks for them', async () => {
    const copies = await daemon();
    copies.keep('other.png', 0);
    await eventually(() => expect(readdirSync(workspace.dir)).toEqual([]));
  });
});
