import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import type * as fileSystem from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MbufferWatch } from '../../../src/observe/toolchain/mbuffer.ts';
import { ToolchainWatch } from '../../../src/observe/toolchain/watch.ts';
import type { Toolchain } from '../../../src/reconcile/model/observation.ts';
import { programFinder, programIdentity } from '../../../src/system/programs.ts';
import { every, none, only } from '../../fixtures/failing-reads.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const reads = await vi.hoisted(async () => (await import('../../fixtures/failing-reads.ts')).makeFailingReads());

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof fileSystem>();
  const watched =
    (name: 'accessSync' | 'statSync') =>
    (...args: readonly unknown[]): unknown => {
      reads.pass(name, args[0]);
      return (fs[name] as (...given: readonly unknown[]) => unknown)(...args);
    };
  return { ...fs, accessSync: watched('accessSync'), statSync: watched('statSync') };
});

let workspace: Workspace;
let path: string;

beforeEach(() => {
  workspace = makeWorkspace();
  path = join(workspace.dir, 'tool');
  writeFileSync(path, '#!/bin/sh\nexec cat\n');
  chmodSync(path, 0o755);
  reads.begin(none);
});
afterEach(async () => {
  reads.begin(none);
  await workspace.cleanup();
});

const finder = (): (() => string | null) => programFinder('tool', `/nowhere:${workspace.dir}`);
const mbuffer = (): MbufferWatch => new MbufferWatch(finder(), () => 0);

describe('an mbuffer at hand', () => {
  it.each(['EIO', 'EMFILE', 'ESTALE'])('stays so after any single look that fails with %s, the first too', (code) => {
    const watch = mbuffer();
    expect(watch.read()).toBe('atHand');
    expect(reads.seen.length).toBeGreaterThan(3);
    for (const [nth, failed] of [...reads.seen].entries()) {
      for (const one of [watch, mbuffer()]) {
        reads.begin(only(nth, code));
        expect({ failed, found: one.read() }).toEqual({ failed, found: 'atHand' });
        reads.begin(none);
        expect(one.read()).toBe('atHand');
      }
    }
  });

  it('stays so for as long as no look succeeds, and is missing once one shows that', () => {
    const watch = mbuffer();
    watch.read();
    rmSync(path);
    reads.begin(every(/tool$/, 'EIO'));
    expect([watch.read(), watch.read()]).toEqual(['atHand', 'atHand']);
    reads.begin(none);
    expect(watch.read()).toBe('missing');
    reads.begin(every(/tool$/, 'EIO'));
    expect(watch.read()).toBe('missing');
  });
});

describe('an FFmpeg at hand', () => {
  it('stays so after any single look that fails, and is waited for where that look is the first', () => {
    const ready: Toolchain = { kind: 'ready', version: '5.1', keyDelivery: 'preset', toneMapping: true };
    const identity = programIdentity(path);
    const kept = identity.kind === 'known' ? JSON.stringify({ identity: identity.value, toolchain: ready }) : '';
    const memory = { load: () => kept, save: () => undefined };
    const toolchain = (): ToolchainWatch =>
      new ToolchainWatch(
        finder(),
        workspace.dir,
        memory,
        () => undefined,
        () => 0,
      );
    const watch = toolchain();
    reads.begin(none);
    expect(watch.read()).toEqual(ready);
    for (const [nth, failed] of [...reads.seen].entries()) {
      reads.begin(only(nth, 'EIO'));
      expect({ failed, found: watch.read() }).toEqual({ failed, found: ready });
      const next = toolchain();
      reads.begin(only(nth, 'EIO'));
      expect([ready, { kind: 'checking' }]).toContainEqual(next.read());
      expect(next.read()).toEqual(ready);
    }
  });
});

describe('a program on PATH', () => {
  it('is the one that was found before while a look fails, not one of the same name further on', () => {
    const other = join(workspace.dir, 'other');
    const find = programFinder('tool', `${workspace.dir}:/usr/bin:/bin`);
    expect(find()).toBe(path);
    reads.begin(every(/tool$/, 'EIO'));
    expect(find()).toBe(path);
    const findSleep = programFinder('sleep', `${other}:/usr/bin:/bin`);
    reads.begin(every(/other/, 'EIO'));
    // A directory that can never be looked at hides no program behind it.
    expect(findSleep()).toMatch(/bin\/sleep$/);
  });
});
