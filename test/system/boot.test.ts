import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBoot } from '../../src/system/boot.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

describe('which boot this is', () => {
  let workspace: Workspace;
  beforeEach(() => {
    workspace = makeWorkspace();
    mkdirSync(join(workspace.dir, 'sys/kernel/random'), { recursive: true });
    writeFileSync(join(workspace.dir, 'sys/kernel/random/boot_id'), 'c0ffee00-0000-4000-8000-000000000000\n');
  });
  afterEach(() => workspace.cleanup());

  it("is told by the machine's boot and the start of PID 1, which in a container is the container's", () => {
    mkdirSync(join(workspace.dir, '1'));
    const fields = ['S', 0, 1, 1, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 1, 0, 4_711];
    writeFileSync(join(workspace.dir, '1/stat'), `1 (init) ${fields.join(' ')} 0\n`);
    expect(readBoot(workspace.dir)).toEqual({ id: 'c0ffee00-0000-4000-8000-000000000000', namespaceStartTicks: 4_711 });
  });

  it('is told by the first alone where PID 1 cannot be seen', () => {
    expect(readBoot(workspace.dir).namespaceStartTicks).toBeNull();
  });

  it('is told on this machine', () => {
    expect(readBoot().id).toMatch(/^[0-9a-f-]{36}$/);
  });
});
