import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_MEMORY } from '../../src/reconcile/model/memory.ts';
import { recallMemory, recallText } from '../../src/state/recall.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

let workspace: Workspace;
let path: string;
let told: string[];
let waitedMs: number;

beforeEach(() => {
  workspace = makeWorkspace();
  path = join(workspace.dir, 'stream_state.json');
  told = [];
  waitedMs = 0;
});
afterEach(() => workspace.cleanup());

/** `meanwhile`: what happens to the file in the first wait. */
const recalled = (meanwhile = (): void => undefined): Promise<string | null> =>
  recallText(
    path,
    (code) => told.push(code),
    async (ms) => {
      if (waitedMs === 0) meanwhile();
      waitedMs += ms;
    },
  );

describe('a file that an earlier daemon left', () => {
  it('is read at once where it can be, and not waited for where there is none', async () => {
    expect(await recalled()).toBeNull();
    writeFileSync(path, 'kept');
    expect(await recalled()).toBe('kept');
    expect({ told, waitedMs }).toEqual({ told: [], waitedMs: 0 });
  });

  it('is read again where a read fails, and is not lost', async () => {
    // A directory in its place is a read that fails without root being able to help it.
    mkdirSync(path);
    const text = await recalled(() => {
      rmSync(path, { recursive: true });
      writeFileSync(path, 'kept');
    });
    expect({ text, told }).toEqual({ text: 'kept', told: [] });
  });

  it('counts as none after a second of reads that fail, which is told', async () => {
    mkdirSync(path);
    expect(await recalled()).toBeNull();
    expect(told).toEqual(['EISDIR']);
    expect(waitedMs).toBe(1_000);
  });

  it.each([
    ['empty', ''],
    ['full of NUL', '\0'.repeat(400)],
  ])('is the last text that was on the disk where a power cut left it %s', async (_, text) => {
    writeFileSync(path, text);
    expect(await recalled()).toBeNull();
    writeFileSync(`${path}.synced`, 'kept');
    expect(await recalled()).toBe('kept');
    // Whoever deletes a file wants it gone.
    rmSync(path);
    expect(await recalled()).toBeNull();
  });
});

describe('what an earlier daemon remembered', () => {
  const boot = { id: 'boot-1', namespaceStartTicks: null };
  const now = { monoMs: 9_000_000, wallMs: Date.UTC(2026, 0, 2) };
  const seedOf = (text: string | null): string | null => recallMemory(() => 'drawn', text, boot, now).shuffleSeed;
  const file = (tallies: object): string => JSON.stringify({ bootId: 'boot-1', tallies });

  it.each([
    ['missing', null],
    ['empty', ''],
    ['half written', '{"bootId": "boot-1", "tall'],
    ['of another program', '{"a": 1}'],
  ])('is nothing but a seed of its own where the file is %s', (_, text) => {
    expect(recallMemory(() => 'drawn', text, boot, now)).toEqual({ ...NO_MEMORY, shuffleSeed: 'drawn' });
  });

  it('keeps the order of a good file, with a seed or, as an earlier version wrote it, without one', () => {
    expect(seedOf(file({ shuffleSeed: 'kept' }))).toBe('kept');
    expect(seedOf(file({}))).toBeNull();
  });
});
