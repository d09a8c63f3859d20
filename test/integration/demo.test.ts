import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../deploy/package/build.ts';
import type { HealthBody } from '../../src/health/body.ts';
import { MARKER_VARIABLE } from '../../src/reconcile/model/run.ts';
import { stateIdOf } from '../../src/state/files.ts';
import { eventually } from '../fixtures/eventually.ts';
import { parseAccessLog, parseStat, type RtmpStat } from '../fixtures/nginx-config.ts';
import { averageColour } from '../fixtures/picture.ts';
import { runToolOk } from '../fixtures/run-tool.ts';
import { freePort, killMarked, makeWorkspace, processTree, signalPid, type Workspace } from '../fixtures/workspace.ts';

const ROOT = join(import.meta.dirname, '../..');
const COPIED = ['src', 'test', 'deploy', 'package.json', 'desired.schema.json'];

let workspace: Workspace;
let checkout: string;
let temp: string;
let demo: Demo | undefined;

beforeAll(async () => {
  workspace = makeWorkspace();
  checkout = join(workspace.dir, 'checkout');
  temp = join(workspace.dir, 'tmp');
  for (const dir of [checkout, temp]) mkdirSync(dir);
  for (const name of COPIED) cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
  await runToolOk('git', ['-C', checkout, 'init', '--quiet']);
  writeFileSync(join(checkout, 'desired.yaml'), 'running: true\nmedia: loops/rain.mp4\nbitrate: 3000k\n');
  await runToolOk('git', ['-C', checkout, 'add', 'desired.yaml']);
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
  await runToolOk('git', ['-C', checkout, ...author, 'commit', '--quiet', '-m', 'The sample']);
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  await build({ entry: join(checkout, 'src/cli/streamctl.ts'), dist: join(checkout, 'dist'), binDir: null });
});

afterEach(async () => {
  // Nothing to do after a test that passed.
  demo?.child.kill('SIGTERM');
  await demo?.exited;
  await runToolOk('git', ['-C', checkout, 'checkout', '--quiet', 'desired.yaml']);
});

afterAll(async () => {
  await killMarked(`STREAM_CONFIG_DIR=${checkout}`);
  await killMarked(runMarker());
  await workspace.cleanup();
});

describe('npm run demo', () => {
  it('is on air, follows desired.yaml, shrugs off kill -9 and leaves nothing behind after Ctrl-C', async () => {
    demo = await startDemo();
    await demo.line(/^on air: first picture at the ingest after [\d.]+ s$/);
    await demo.healthy('live');
    const rain = await colour(demo);
    expect(rain.b).toBeGreaterThan(rain.r);
    await demo.line(/loops\/fire\.mp4 shows\/1\.mp4 shows\/2\.mp4 shows\/10\.mp4$/);

    await sed('s#^media:.*#media: loops/fire.mp4#');
    await eventually(
      async () => {
        const fire = await colour(demo!);
        expect(fire.r).toBeGreaterThan(fire.b + 60);
      },
      { timeoutMs: 45_000, what: 'the other picture at the ingest' },
    );

    const before = await stream();
    const daemonPid = demo.daemonPid();
    signalPid(daemonPid, 'SIGKILL');
    await demo.line(/the daemon ended \(SIGKILL\); the picture stays on/);
    await eventually(() => expect(demo?.daemonPid()).not.toBe(daemonPid), { timeoutMs: 30_000 });
    await demo.healthy('live');
    const after = await stream();
    expect(after.timeMs).toBeGreaterThan(before.timeMs + 2_500);
    expect(after.bytesIn).toBeGreaterThan(before.bytesIn);
    expect(endedSessions()).toEqual([]);

    await sed('s/running: true/running: false/');
    await demo.healthy('stopped');
    await eventually(async () => expect((await stat()).publishers).toBe(0), { timeoutMs: 30_000 });
    await sed('s/running: false/running: true/');
    await demo.healthy('live');
    await eventually(async () => expect((await stat()).publishers).toBe(1), { timeoutMs: 30_000 });

    demo.child.kill('SIGINT');
    expect(await demo.exited).toBe(0);
    expect(demo.lines.at(-1)).toBe('desired.yaml is as you left it; to restore it: git checkout desired.yaml');
    await expectNothingLeft(demo);
  }, 300_000);

  it(
    'renews a broadcast that is too old without a pause, and begins another once somebody has ended it',
    { tags: 'long', timeout: 180_000 },
    async () => {
      demo = await startDemo();
      await demo.line(/^YouTube: live: "Begun in Studio" for 11 h/);
      await demo.healthy('live');
      appendFileSync(join(checkout, 'desired.yaml'), "broadcast: {title: 'Rain, {date}', made_for_kids: false}\n");
      await demo.line(/^YouTube: live: "Begun in Studio" for 11 h \d+ min, and "Rain, \d{4}-\d{2}-\d{2}" for \d+ s$/);
      await demo.line(/^YouTube: live: "Rain, \d{4}-\d{2}-\d{2}" for \d+ s$/);
      const session = await stream();
      signalPid(demo.child.pid!, 'SIGUSR2');
      await demo.line(/^YouTube: nothing is live$/);
      await eventually(() => expect(demo?.lines.at(-1)).toMatch(/^YouTube: live: "Rain, /), { timeoutMs: 45_000 });
      expect((await stream()).timeMs).toBeGreaterThan(session.timeMs);
      expect(endedSessions()).toEqual([]);
      demo.child.kill('SIGINT');
      expect(await demo.exited).toBe(0);
      await expectNothingLeft(demo);
    },
  );

  it(
    'leaves nothing behind when daemon and demo were killed, once the next demo has come and gone',
    { tags: 'long', timeout: 240_000 },
    async () => {
      demo = await startDemo();
      await demo.healthy('live');
      signalPid(demo.child.pid!, 'SIGKILL');
      signalPid(demo.daemonPid(), 'SIGKILL');
      await demo.exited;

      demo = await startDemo();
      await demo.healthy('live');
      // Said a moment later; what is left behind is looked for at the address it names.
      await demo.line(/ffplay/);
      // The daemon is dead when the demo is told to end: what it left playing ends all the same.
      signalPid(demo.daemonPid(), 'SIGKILL');
      demo.child.kill('SIGTERM');
      expect(await demo.exited).toBe(0);
      await expectNothingLeft(demo);
    },
  );

  it('does not touch a state directory that is somebody else’s', async () => {
    const state = join(checkout, 'state');
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, 'stream_state.json'), '{}');
    demo = await startDemo();
    expect(await demo.exited).toBe(1);
    expect(demo.lines.join('\n')).toContain('holds the state of a daemon');
    expect(readdirSync(state)).toEqual(['stream_state.json']);
    expect(readdirSync(temp)).toEqual([]);
  });
});

interface Demo {
  readonly child: ChildProcess;
  readonly healthPort: number;
  /** Complete lines of its output so far. */
  readonly lines: string[];
  readonly exited: Promise<number | null>;
  line(pattern: RegExp): Promise<string>;
  daemonPid(): number;
  healthy(status: HealthBody['status']): Promise<void>;
}

async function startDemo(): Promise<Demo> {
  const healthPort = await freePort();
  const child = spawn(process.execPath, [join(checkout, 'test/demo/main.ts')], {
    cwd: checkout,
    env: { PATH: process.env['PATH'], TMPDIR: temp, STREAM_CONTROLLER_PORT: String(healthPort) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    child,
    healthPort,
    lines,
    exited,
    line: (pattern) =>
      eventually(
        () => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined) throw new Error(`so far it said:\n${lines.join('\n')}`);
          return found;
        },
        { timeoutMs: 90_000, what: String(pattern) },
      ),
    daemonPid: () => Number(/pid (\d+)$/.exec(lines.findLast((line) => line.startsWith('daemon started')) ?? '')?.[1]),
    healthy: (status) =>
      eventually(
        async () => {
          const response = await fetch(`http://127.0.0.1:${healthPort}/health`);
          expect(((await response.json()) as HealthBody).status, lines.join('\n')).toBe(status);
        },
        { timeoutMs: 90_000, everyMs: 100, what: `health ${status}` },
      ),
  };
}

const runMarker = (): string => `${MARKER_VARIABLE}=${stateIdOf(join(checkout, 'state'))}:`;

const sed = (script: string): Promise<unknown> => runToolOk('sed', ['-i', script, join(checkout, 'desired.yaml')]);

const watchUrl = async (running: Demo): Promise<string> => /rtmp:\S+/.exec(await running.line(/ffplay/))![0];

/** The mean colour of a picture the ingest hands out now. */
const colour = async (running: Demo) => averageColour(await watchUrl(running), 0);

function nginxDir(): string {
  const name = readdirSync(temp).find((entry) => entry.startsWith('stream-controller-demo-'));
  return join(temp, name ?? 'none', 'nginx');
}

async function stat(): Promise<RtmpStat> {
  const ports = [...readFileSync(join(nginxDir(), 'nginx.conf'), 'utf8').matchAll(/listen 127\.0\.0\.1:(\d+)/g)];
  return parseStat(await (await fetch(`http://127.0.0.1:${ports[1]![1]}/stat`)).text());
}

async function stream(): Promise<RtmpStat['streams'][number]> {
  const found = (await stat()).streams.find(({ publishing }) => publishing);
  if (found === undefined) throw new Error('nothing is published');
  return found;
}

function endedSessions(): readonly unknown[] {
  const path = join(nginxDir(), 'logs/rtmp-access.log');
  return existsSync(path) ? parseAccessLog(readFileSync(path, 'utf8')) : [];
}

async function expectNothingLeft(ended: Demo): Promise<void> {
  expect(readdirSync(temp)).toEqual([]);
  expect(existsSync(join(checkout, 'state'))).toBe(false);
  const ours = processTree(1).filter(({ command }) => command.includes(workspace.dir));
  expect(ours.map(({ pid, command }) => `${pid} ${command}`)).toEqual([]);
  const rtmpPort = Number(new URL(await watchUrl(ended)).port);
  for (const port of [ended.healthPort, rtmpPort]) expect(await accepts(port), `port ${port}`).toBe(false);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
