import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { HealthBody } from '../../src/health/body.ts';
import { newSession, videoAdvances } from '../chaos/stage.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeMedia } from '../fixtures/media-maker.ts';
import { type RtmpSink, startRtmpSink } from '../fixtures/rtmp-sink.ts';
import { runToolOk, type ToolResult } from '../fixtures/run-tool.ts';
import { type S3Server, startS3Server } from '../fixtures/s3-server.ts';
import { arrivalGaps, mediaGaps } from '../fixtures/stream-analysis.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';
import { bootMachine, type Machine } from './machine.ts';
import { repositoryRoot } from '../tooling/repository.ts';

const UNIT = 'stream-controller';
const STREAM_KEY = 'abcd-efgh-ijkl-mnop-qrst';
const NIGHT_KEY = 'zyxw-vuts-rqpo-nmlk-jihg';
const WISH = 'running: true # wish\nmedia: loops/red.mp4\nbitrate: 800k\nresolution: 640x360\n';
const CHECKOUT = '/home/alice/stream-controller';
const RELEASES = '/opt/stream-controller/releases';
/** Packages may have to be fetched, and unpacked on a slow disk. */
const BUILD_MS = 300_000;
/** A build disturbs the pace of a small machine, but no frame may be missing. */
const PAUSE_MS = 6000;

vi.setConfig({ testTimeout: BUILD_MS, hookTimeout: BUILD_MS });

let workspace: Workspace;
let machine: Machine;
let sink: RtmpSink;
let store: S3Server;
/** What bears our name on this host already. */
let foreign: readonly string[];
const guide = readFileSync(join(repositoryRoot, 'docs/install.md'), 'utf8');

beforeAll(async () => {
  workspace = makeWorkspace();
  // Others than root are to read what is shared from there.
  chmodSync(workspace.dir, 0o755);
  await makeUpstream(join(workspace.dir, 'upstream'));
  const packages = await primePackages(workspace.dir);
  machine = await bootMachine({
    shares: { '/srv/upstream': join(workspace.dir, 'upstream'), '/srv/packages': packages },
  });
  sink = await startRtmpSink({ host: machine.hostAddress });
  store = await startS3Server({ host: machine.hostAddress });
  for (const color of ['red', 'blue'] as const) {
    const media = await makeMedia({ name: 'install', size: '640x360', bitrateKbps: 600, color, seconds: 60 });
    store.putFile('media', `loops/${color}.mp4`, media);
  }
  await machine.runOk(['useradd', '--create-home', 'alice']);
  machine.write('/home/alice/.gitconfig', '[safe]\n\tdirectory = *\n');
  foreign = await named();
  // The machine has no way to the registry, only to what npm has of it here.
  await machine.runOk(['mkdir', '-p', '/var/cache/stream-controller/npm', '/run/npm/upper', '/run/npm/work']);
  const layers = 'lowerdir=/srv/packages,upperdir=/run/npm/upper,workdir=/run/npm/work';
  await machine.runOk(['mount', '-t', 'overlay', 'overlay', '-o', layers, '/var/cache/stream-controller/npm']);
});

afterAll(async () => {
  await machine.close();
  await sink.stop();
  await store.stop();
  await workspace.cleanup();
});

/** The project as it is here, as a repository that can be cloned. */
async function makeUpstream(dir: string): Promise<void> {
  mkdirSync(dir);
  const left = new Set(['.git', 'node_modules', 'dist', 'state', 'test', '.env']);
  for (const name of readdirSync(repositoryRoot)) {
    if (!left.has(name)) cpSync(join(repositoryRoot, name), join(dir, name), { recursive: true });
  }
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await commit(dir, 'The project');
}

const git = (dir: string, ...args: readonly string[]): Promise<ToolResult> =>
  runToolOk('git', ['-C', dir, '-c', 'user.name=Test', '-c', 'user.email=test@localhost', ...args]);

async function commit(dir: string, message: string): Promise<void> {
  await git(dir, 'add', '--all', '--force');
  await git(dir, 'commit', '--quiet', '--message', message);
}

/** Has npm fetch whatever of the lockfile its cache lacks; answers with the cache. */
async function primePackages(dir: string): Promise<string> {
  const project = join(dir, 'packages');
  mkdirSync(project);
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(repositoryRoot, name), join(project, name));
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await runToolOk('npm', ['ci', ...options], { cwd: project, timeoutMs: BUILD_MS });
  return (await runToolOk('npm', ['config', 'get', 'cache'])).stdout.toString().trim();
}

/** Runs a line of docs/install.md in the checkout, as the operator would with sudo; fails when it is not written there. */
function documented(line: string, more: readonly string[] = []): Promise<ToolResult> {
  expect(guide.split('\n').map((each) => each.replace(/\s+#.*$/, ''))).toContain(line);
  const words = line.split(' ');
  const sudo = words.slice(0, words[0] !== 'sudo' ? 0 : words[1] === '-u' ? 3 : 1);
  const user = sudo[2] ?? (sudo.length === 0 ? 'alice' : 'root');
  const argv = ['runuser', '-u', user, '--', ...words.slice(sudo.length), ...more];
  return machine.run(['env', '-C', CHECKOUT, 'npm_config_offline=true', ...argv], { timeoutMs: BUILD_MS });
}

async function documentedOk(line: string, more: readonly string[] = []): Promise<string> {
  const { code, stdout, stderr } = await documented(line, more);
  if (code !== 0) throw new Error(`${line} exited ${code}: ${stderr}\n${stdout.toString()}`);
  return stdout.toString();
}

/** All that an installation consists of: names, owners, modes, links and contents; not the daemon's own state. */
async function inventory(): Promise<string> {
  const places = ['/opt', '/etc', '/usr/local', '/var/cache/stream-controller'];
  const names = ['find', ...places, '-path', '/var/cache/stream-controller/npm', '-prune', '-o', '-printf'];
  const list = await machine.runOk([...names, '%p %u:%g %m %l %s %T@\n'], { timeoutMs: 60_000 });
  return `${list}${await machine.runOk(['getent', 'passwd'])}`;
}

async function health(): Promise<HealthBody> {
  const { stdout } = await machine.run(['streamctl', 'status', '--json']);
  return JSON.parse(stdout.toString()) as HealthBody;
}

const healthEventually = (check: (report: HealthBody) => boolean, what: string): Promise<HealthBody> =>
  eventually(
    async () => {
      const report = await health();
      if (check(report)) return report;
      throw new Error(`${report.status} ${report.reason}: ${report.message}`);
    },
    { timeoutMs: 120_000, everyMs: 250, what },
  );

const currentRelease = (): string => readlinkSync(machine.path('/opt/stream-controller/current'));

/** Nothing was missed at the ingest so far: one session of each stream, no pause worth the name, no frame left out. */
function expectUnbroken(...streams: readonly string[]): void {
  expect(sink.sessions.map(({ streamName }) => streamName)).toEqual(streams);
  for (const session of sink.sessions) {
    expect(session.closedAtMs).toBeNull();
    expect(arrivalGaps(session, PAUSE_MS)).toEqual([]);
    expect(mediaGaps(session, 'video', 300)).toEqual([]);
  }
}

/** The environment file of a channel, filled in. */
function fillIn(file: string, streamKey: string, more: readonly string[] = []): void {
  const lines = [
    `YOUTUBE_STREAM_KEY=${streamKey}`,
    `YOUTUBE_RTMP_URL=${sink.url}`,
    `STORAGE_ENDPOINT=${store.url}`,
    'STORAGE_BUCKET=media',
    `STORAGE_ACCESS_KEY_ID=${store.accessKeyId}`,
    `STORAGE_SECRET_ACCESS_KEY=${store.secretAccessKey}`,
    ...more,
  ];
  machine.write(file, `${lines.join('\n')}\n`);
}

/** A commit upstream with another version number, and whatever `edit` does. */
async function newVersion(version: string, edit: (dir: string) => void = () => undefined): Promise<void> {
  const dir = join(workspace.dir, 'upstream');
  const manifest = join(dir, 'package.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/^ {2}"version": .*$/m, `  "version": "${version}",`));
  edit(dir);
  await commit(dir, `Version ${version}`);
}

test('a dry run shows every step and changes nothing', async () => {
  const clone = /^git clone (\S+) && cd stream-controller$/m.exec(guide);
  expect(clone).not.toBeNull();
  await machine.runOk(['runuser', '-u', 'alice', '--', 'git', 'clone', '--quiet', '/srv/upstream', CHECKOUT]);
  const before = await inventory();
  const shown = await documentedOk('sudo sh deploy/install.sh --dry-run');
  expect(shown).toContain('$ useradd --system');
  expect(shown).toContain('$ systemctl enable --quiet -- stream-controller.service');
  expect(shown).toMatch(/\nNothing was changed; /);
  expect(await inventory()).toBe(before);
});

test('install.sh makes a service that is not started before its .env is filled in', async () => {
  const said = await documentedOk('sudo sh deploy/install.sh');
  expect(said).toContain('systemctl start stream-controller.service');
  expect(await machine.runOk(['stat', '-c', '%U:%G %a', '/etc/stream-controller/.env'])).toBe('stream:stream 600\n');
  expect(await machine.runOk(['systemctl', 'is-enabled', UNIT])).toBe('enabled\n');
  expect((await machine.run(['systemctl', 'is-active', UNIT])).stdout.toString()).toBe('inactive\n');
  const mine = await machine.runOk([
    'find',
    RELEASES,
    '-not',
    '-user',
    'root',
    '-o',
    '-perm',
    '/022',
    '-not',
    '-type',
    'l',
  ]);
  expect(mine).toBe('');
});

test('with .env filled in it goes live at an ingest outside', async () => {
  fillIn('/etc/stream-controller/.env', STREAM_KEY);
  machine.write('/etc/stream-controller/desired.yaml', WISH);
  expect(await documentedOk('sudo -u stream streamctl doctor')).toContain('storage');
  await documentedOk('sudo systemctl start stream-controller');
  await newSession(sink, 0, 60_000);
  await healthEventually(({ status }) => status === 'live', 'live');
  expect((await machine.runOk(['ps', '-o', 'user=', '-C', 'ffmpeg'])).trim().split(/\s+/)).not.toContain('root');
});

test('install.sh once more changes nothing', async () => {
  const before = await inventory();
  expect(await documentedOk('sudo sh deploy/install.sh')).toContain('\nNothing had to be changed.\n');
  expect(await inventory()).toBe(before);
});

test('update_media.sh waits until the other media is on air, in the same session', async () => {
  const script = '/opt/stream-controller/current/deploy/scripts';
  const said = await machine.runOk([`${script}/update_media.sh`, 'loops/blue.mp4'], { timeoutMs: 150_000 });
  expect(said).toMatch(/live OnAir: /);
  expect(readFileSync(machine.path('/etc/stream-controller/desired.yaml'), 'utf8')).toMatch(
    /# wish\nmedia: loops\/blue/,
  );
  expect((await health()).playout?.item).toBe('loops/blue.mp4');
  expect(await machine.runOk([`${script}/check_status.sh`, '--strict'])).toMatch(/^live OnAir/);
  expectUnbroken(STREAM_KEY);
});

test('one channel more is an instance of its own', async () => {
  await documentedOk('sudo sh deploy/install.sh --instance night');
  fillIn('/etc/stream-controller/night/.env', NIGHT_KEY, ['STREAM_CONTROLLER_PORT=8001']);
  machine.write('/etc/stream-controller/night/desired.yaml', WISH);
  await documentedOk('sudo systemctl start stream-controller@night');
  const status = ['/opt/stream-controller/current/deploy/scripts/check_status.sh', '--instance', 'night', '--strict'];
  await eventually(async () => expect(await machine.runOk(status)).toMatch(/^live OnAir/), {
    timeoutMs: 60_000,
    everyMs: 500,
    what: 'the other channel live',
  });
  expectUnbroken(STREAM_KEY, NIGHT_KEY);
});

test('an upgrade between two commits is not to be seen at the ingest', async () => {
  const old = currentRelease();
  await newVersion('0.2.0');
  await documentedOk('git pull --ff-only');
  const said = await documentedOk('sudo sh deploy/upgrade.sh');
  expect(said.match(/the stream is as before/g)).toHaveLength(2);
  expect(currentRelease()).toMatch(/^releases\/0\.2\.0-[0-9a-f]{10}$/);
  expect(currentRelease()).not.toBe(old);
  const report = await health();
  expect(report).toMatchObject({ status: 'live', version: '0.2.0' });
  await videoAdvances(sink, 3000);
  expectUnbroken(STREAM_KEY, NIGHT_KEY);
  expect(await documentedOk('sudo sh deploy/upgrade.sh')).toContain('Nothing had to be changed.');
});

test('a version that never gets ready is rolled back by itself, and the stream is unharmed', async () => {
  const good = currentRelease();
  await newVersion('0.3.0', (dir) => {
    const hangs = 'if (!process.argv.includes("--check")) await new Promise((never) => setTimeout(never, 1e9));\n';
    const entry = join(dir, 'src/cli/streamctl.ts');
    writeFileSync(
      entry,
      readFileSync(entry, 'utf8').replace(
        'process.exit(await main',
        `if (process.argv[2] === 'run') ${hangs}process.exit(await main`,
      ),
    );
  });
  await documentedOk('git pull --ff-only');
  const { code, stdout, stderr } = await documented('sudo sh deploy/upgrade.sh', ['--timeout', '60']);
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('rolled back to 0.2.0-') as string,
  });
  expect(stdout.toString()).toContain('is not well; putting 0.2.0-');
  expect(stdout.toString()).toContain('runs, the stream is as before');
  expect(currentRelease()).toBe(good);
  expect(await health()).toMatchObject({ status: 'live', version: '0.2.0' });
  await videoAdvances(sink, 3000);
  expectUnbroken(STREAM_KEY, NIGHT_KEY);
});

test('uninstall.sh takes the stream off air and leaves configuration and state, --purge nothing', async () => {
  await machine.runOk(['umount', '/var/cache/stream-controller/npm']);
  await documentedOk('sudo sh deploy/uninstall.sh');
  await eventually(() => expect(sink.publishers).toBe(0));
  expect(await left()).toEqual([
    '/etc/stream-controller',
    '/var/lib/stream-controller',
    '/var/lib/stream-controller-night',
  ]);
  expect(readdirSync(machine.path('/etc/stream-controller')).sort()).toEqual(['.env', 'desired.yaml', 'night']);
  await documentedOk('sudo sh deploy/uninstall.sh --purge');
  expect(await left()).toEqual([]);
  expect((await machine.run(['id', 'stream'])).code).not.toBe(0);
});

/** What install.sh has made and is still there: whatever bears our name. */
async function left(): Promise<string[]> {
  return (await named()).filter((path) => !foreign.includes(path));
}

async function named(): Promise<string[]> {
  const ours = ['-name', '*stream-controller*', '-print', '-prune', '-o', '-name', 'streamctl*', '-print'];
  const found = await machine.runOk(['find', '/etc', '/opt', '/usr', '/var', '-xdev', ...ours]);
  return found
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
