import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { runTool } from '../fixtures/run-tool.ts';
import { makeWorkspace, processTree, signalPid } from '../fixtures/workspace.ts';

const root = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
/** A PID namespace with a /proc of its own, whose processes all end with it. */
const CONTAINER = [...root, '--pid', '--fork', '--mount-proc', '--kill-child'];
const able = (await runTool('unshare', [...CONTAINER, 'true']).catch(() => null))?.code === 0;

const workspace = makeWorkspace();
afterAll(() => workspace.cleanup());

const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

/** A daemon that leaves orphans behind, as one whose FFmpegs end before their gates does. It ends with 75 when it is told to. */
const DAEMON = `
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { liveUnderInit } from ${source('daemon/init.ts')};
liveUnderInit();
process.on('SIGHUP', () => process.exit(75));
const zombies = () => readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).filter((pid) => {
  try { return /^State:\\tZ/m.test(readFileSync('/proc/' + pid + '/status', 'utf8')); } catch { return false; }
}).length;
for (let n = 0; n < 5; n++) {
  const run = spawn('bash', ['-c', 'exec sleep 0.1 > >(exec sleep 0.3)'], { stdio: 'ignore' });
  await new Promise((resolve) => run.once('exit', resolve));
}
let seen = -1;
for (let n = 0; n < 100 && seen !== 0; n++) {
  await sleep(100);
  seen = zombies();
}
process.stdout.write(JSON.stringify({ zombies: seen, args: process.argv.slice(2) }) + '\\n');
setInterval(() => undefined, 1000);
`;

it.skipIf(!able)(
  'as PID 1 of a container the daemon leaves no zombies, hears signals, and ends with its own code',
  async () => {
    const daemon = join(workspace.dir, 'daemon.mjs');
    writeFileSync(daemon, DAEMON);
    const argv = [...CONTAINER, process.execPath, daemon, 'run', "it's odd"];
    const container = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void container.kill('SIGKILL'));
    const ended = once(container, 'exit');
    const [told] = (await once(container.stdout, 'data')) as [Buffer];
    expect(JSON.parse(told.toString())).toEqual({ zombies: 0, args: ['run', "it's odd"] });
    const init = processTree(container.pid ?? 0).find(({ command }) => command.startsWith('bash '));
    if (init === undefined) throw new Error('bash is not PID 1');
    signalPid(init.pid, 'SIGHUP');
    expect(await ended).toEqual([75, null]);
  },
);
