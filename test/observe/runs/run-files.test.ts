import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFiles } from '../../../src/observe/runs/run-files.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

let workspace: Workspace;
let lines: string[];
let files: RunFiles;

beforeEach(() => {
  workspace = makeWorkspace();
  lines = [];
  files = new RunFiles(
    workspace.dir,
    (text) => text,
    ({ role, runId, line }) => lines.push(`${role} ${runId}: ${line}`),
  );
});
afterEach(() => workspace.cleanup());

const put = (name: string, text: string): void => appendFileSync(join(workspace.dir, name), text);

describe('what runs write', () => {
  it('is followed per run, each line told once', () => {
    put('uplink-a1.log', 'one\n');
    put('playout-b2.log', 'two\n');
    expect(files.read('uplink', 'a1', 0).lastError).toBe('one');
    expect(files.read('playout', 'b2', 0).lastError).toBe('two');
    expect(files.read('uplink', 'a1', 0)).toMatchObject({ progress: null, lastError: 'one' });
    expect(lines).toEqual(['uplink a1: one', 'playout b2: two']);
  });

  it('is left over when no living run owns it, once per run', () => {
    for (const name of ['uplink-a1.log', 'uplink-a1.progress', 'playout-b2.progress', 'playout-c3.log']) put(name, '');
    expect(files.leftovers(new Set(['c3']))).toEqual(
      expect.arrayContaining([
        { role: 'uplink', runId: 'a1' },
        { role: 'playout', runId: 'b2' },
      ]),
    );
    expect(files.leftovers(new Set(['c3']))).toHaveLength(2);
    expect(files.leftovers(new Set(['a1', 'b2', 'c3']))).toEqual([]);
  });

  it.each([
    'stream_state.json',
    'history.jsonl',
    'uplink.pid',
    'uplink.ffpreset',
    'program.fifo',
    'recorder-a1.log',
    'uplink-a1.log.1',
    'uplink-.log',
    'uplink-A1.log',
    '.uplink-a1.log',
  ])('is not what else lies in the directory: %s', (name) => {
    put(name, 'x');
    expect(files.leftovers(new Set())).toEqual([]);
  });

  it('is empty, not an error, when the directory is gone', async () => {
    await workspace.cleanup();
    expect(files.leftovers(new Set())).toEqual([]);
    expect(files.read('uplink', 'a1', 0)).toMatchObject({ progress: null, lastError: null });
  });

  it('is read anew when a run id comes back after its files were deleted', () => {
    put('uplink-a1.log', 'first life\n');
    files.read('uplink', 'a1', 0);
    rmSync(join(workspace.dir, 'uplink-a1.log'));
    files.leftovers(new Set());
    writeFileSync(join(workspace.dir, 'uplink-a1.log'), 'next\n');
    expect(files.read('uplink', 'a1', 0).lastError).toBe('next');
  });
});
