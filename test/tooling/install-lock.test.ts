import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { runTool } from '../fixtures/run-tool.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
/** What install.sh begins with, on directories of ours; it holds the lock for as long as its stdin is open. */
const BEGIN = `. "${DEPLOY}/scripts/installation.sh"; units=$1/units software=$1/software; lock; echo locked; cat`;

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace();
  mkdirSync(join(workspace.dir, 'units'));
});
afterEach(() => workspace.cleanup());

it.each(['a first install', 'a later one'])('a second install is refused while %s is under way', async (which) => {
  if (which === 'a later one') mkdirSync(join(workspace.dir, 'software'));
  const argv = ['-c', BEGIN, join(DEPLOY, 'install.sh'), workspace.dir];
  const first = spawn('sh', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void first.kill('SIGKILL'));
  const [told] = (await once(first.stdout, 'data')) as [Buffer];
  expect(told.toString()).toBe('locked\n');
  const second = await runTool('sh', argv);
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('is under way') });
  first.stdin.end();
  await once(first, 'exit');
  expect((await runTool('sh', ['-c', BEGIN.replace('cat', 'true'), ...argv.slice(2)])).stdout.toString()).toBe(
    'locked\n',
  );
});
