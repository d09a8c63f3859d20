import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runTool } from '../fixtures/run-tool.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';
import { repositoryRoot } from './repository.ts';

const scripts = ['deploy', 'test']
  .flatMap((folder) =>
    readdirSync(path.join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.sh'))
      .map((name) => path.posix.join(folder, name)),
  )
  .concat('.ci/run')
  .sort();

/** What shellcheck says of the files, following what they source. */
const shellcheck = async (...files: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runTool('shellcheck', ['-x', '-P', repositoryRoot, ...files], {
    cwd: repositoryRoot,
  });
  return code === 0 ? '' : `${stdout.toString()}${stderr}` || `exit ${code}`;
};

describe('shell scripts', () => {
  it('are all there to be checked', () => {
    expect(scripts).toEqual(expect.arrayContaining(['deploy/scripts/ensure.sh', 'deploy/scripts/operator.sh']));
  });

  it.each(scripts)('%s pleases shellcheck', async (script) => {
    expect(await shellcheck(script)).toBe('');
  });

  it('would not pass with an unquoted variable', async () => {
    const { dir, cleanup } = makeWorkspace();
    const script = path.join(dir, 'unquoted.sh');
    writeFileSync(script, '#!/bin/sh\nrm -- $1\n');
    try {
      expect(await shellcheck(script)).toContain('SC2086');
    } finally {
      await cleanup();
    }
  });
});
