import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MbufferWatch, passesOn } from '../../../src/observe/toolchain/mbuffer.ts';
import { findProgram } from '../../../src/system/programs.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

let workspace: Workspace;
let path: string;
beforeEach(() => {
  workspace = makeWorkspace();
  path = join(workspace.dir, 'mbuffer');
});
afterEach(() => workspace.cleanup());

function install(script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

describe('the mbuffer at hand', () => {
  it('is used when it passes on what it is given, as that of the distribution does', () => {
    expect(passesOn(findProgram('mbuffer', '/usr/local/bin:/usr/bin:/bin') ?? '')).toBe(true);
  });

  it.each([
    ['refuses the options', 'echo "fatal: error in argument" >&2; exit 1'],
    ['says something of its own', 'echo hello; cat'],
    ['swallows all', 'cat > /dev/null'],
    ['never ends', 'exec sleep 60'],
  ])('is missing when it %s', { timeout: 20_000 }, (_what, script) => {
    install(script);
    expect(
      new MbufferWatch(
        () => path,
        () => 0,
      ).read(),
    ).toBe('missing');
  });

  it('is taken up, given up and tried anew with the binary, and tried once for each', () => {
    let nowMs = 0;
    const tried = join(workspace.dir, 'tried');
    const watch = new MbufferWatch(
      () => path,
      () => nowMs,
    );
    expect(watch.read()).toBe('missing');
    install(`echo once >> '${tried}'; exec cat`);
    expect([watch.read(), watch.read()]).toEqual(['atHand', 'atHand']);
    install(`echo broken >> '${tried}'; exit 1`);
    expect([watch.read(), watch.read()]).toEqual(['missing', 'missing']);
    nowMs = 61_000;
    expect(watch.read()).toBe('missing');
    rmSync(path);
    expect(watch.read()).toBe('missing');
    install('exec cat');
    expect(watch.read()).toBe('atHand');
  });
});
