import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runProbe } from '../../../src/observe/probe/process.ts';
import { boundToUs } from '../../../src/system/programs.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { isAlive, makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

let workspace: Workspace;
let ffprobePath: string;
let told: string;

beforeEach(() => {
  workspace = makeWorkspace();
  ffprobePath = join(workspace.dir, 'ffprobe');
  told = join(workspace.dir, 'told');
  writeFileSync(ffprobePath, `#!/bin/sh\necho $$ > '${told}'\nexec sleep 300\n`, { mode: 0o755 });
});
afterEach(() => workspace.cleanup());

const env = { PATH: process.env['PATH'] ?? '' };

it('ffprobe ends with the daemon, also where that is killed', async () => {
  const source = new URL('../../../src/observe/probe/process.ts', import.meta.url).href;
  const code = `import { runProbe } from ${JSON.stringify(source)};
    await runProbe(${JSON.stringify({ ffprobePath, env })}, [], '', 300_000);`;
  const daemon = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' });
  await eventually(() => expect(existsSync(told) && readFileSync(told, 'utf8')).toMatch(/^\d+\n$/));
  const pid = Number(readFileSync(told, 'utf8'));
  expect(isAlive(pid)).toBe(true);
  daemon.kill('SIGKILL');
  await eventually(() => expect(isAlive(pid)).toBe(false));
});

it('one is started as it is where it cannot be bound', () => {
  expect(boundToUs('ffprobe', ['-i', 'x'], false)).toEqual({ program: 'ffprobe', args: ['-i', 'x'] });
  expect(boundToUs('ffprobe', ['-i', 'x'], true).program).toBe('setpriv');
});

it('one that is not there, or is no program, is told from one that fails', async () => {
  const run = (path: string) => runProbe({ ffprobePath: path, env }, [], '', 60_000);
  expect(await run(join(workspace.dir, 'none'))).toEqual({ kind: 'not-started', code: 'ENOENT' });
  expect(await run(workspace.dir)).toEqual({ kind: 'not-started', code: 'EACCES' });
  writeFileSync(ffprobePath, '#!/bin/sh\necho it is broken >&2\nexit 1\n', { mode: 0o755 });
  expect(await run(ffprobePath)).toEqual({ kind: 'failed', message: 'it is broken' });
});
