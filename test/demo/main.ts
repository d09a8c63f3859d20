import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '../fixtures/eventually.ts';
import { startNginxRtmp } from '../fixtures/nginx-rtmp.ts';
import { runTool } from '../fixtures/run-tool.ts';
import { startS3Server } from '../fixtures/s3-server.ts';
import { freePort, processTree, signalPid } from '../fixtures/workspace.ts';
import { Closers } from './closers.ts';
import { DEMO_STREAM_KEY, demoEnvironment } from './environment.ts';
import { Looker } from './look.ts';
import { makeFirstClip, makeMoreClips } from './media.ts';
import { takeState, TEMP_PREFIX } from './state.ts';
import { superviseDaemon } from './supervisor.ts';
import { openView } from './view.ts';
import { startDemoYouTube } from './youtube.ts';

/** The checkout is the configuration directory: its desired.yaml is the one to edit. */
const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'dist/streamctl.js');
const DESIRED = join(ROOT, 'desired.yaml');
const HEALTH_PORT = 8000;
const RTMP_PORT = 1935;
/** For going off air, and for a daemon that does not end. */
const GRACE_MS = 10_000;
/** npm passes Ctrl-C on, so that it arrives twice; only a later one is impatience. */
const IMPATIENT_AFTER_MS = 1_500;
/** More than the headers: a key frame is among them. */
const FIRST_PICTURE_BYTES = 20_000;
const BUCKET = 'demo';

process.exit(await demo());

/** The whole demo, from a checkout to nothing left of it; the exit code. */
async function demo(): Promise<number> {
  const { stdout, stderr } = process;
  // A closed terminal takes nothing any more, and the stream is to be taken off air all the same.
  for (const out of [stdout, stderr]) out.on('error', () => undefined);
  const closers = new Closers();
  const ended = new Promise<'ended'>((onEnd) => {
    let firstAtMs: number | null = null;
    const end = (): void => {
      const now = performance.now();
      if (firstAtMs !== null && now - firstAtMs > IMPATIENT_AFTER_MS) closers.hasten();
      firstAtMs ??= now;
      onEnd('ended');
    };
    process.on('SIGINT', end).on('SIGTERM', end).on('SIGHUP', end);
  });
  let code = 0;
  try {
    await Promise.race([present(closers), ended]);
  } catch (error) {
    closers.add(
      'the view',
      () => void stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`),
    );
    code = 1;
  }
  const failures = await closers.close();
  for (const { pid } of processTree(process.pid)) if (pid !== process.pid) signalPid(pid, 'SIGKILL');
  for (const failure of failures) stderr.write(`demo: ${failure}\n`);
  if (await differsFromCommit())
    stdout.write('desired.yaml is as you left it; to restore it: git checkout desired.yaml\n');
  return failures.length > 0 ? 1 : code;
}

/** Sets everything up and shows it; only a failure ends it. */
async function present(closers: Closers): Promise<never> {
  if (!existsSync(PROGRAM)) throw new Error('dist/streamctl.js is missing: npm run build makes it, npm run demo too');
  const { stdout, env } = process;
  const say = (line: string): void => void stdout.write(`${line}\n`);
  const temp = mkdtempSync(join(tmpdir(), TEMP_PREFIX));
  closers.add('temporary files', () => rmSync(temp, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const taken = await takeState(resolve(env['STREAM_STATE_DIR'] ?? join(ROOT, 'state')), temp);
  if (taken.kind === 'refused') throw new Error(taken.message);
  const { state } = taken;
  closers.add('the state directory', () => state.clean());

  say('Making the media, a local store, a local RTMP server and a local YouTube …');
  const mediaDir = join(temp, 'media');
  const nginxDir = join(temp, 'nginx');
  for (const dir of [mediaDir, nginxDir]) mkdirSync(dir);
  const [healthPort, rtmpPort] = await Promise.all([
    env['STREAM_CONTROLLER_PORT'] === undefined ? freePortNear(HEALTH_PORT) : Number(env['STREAM_CONTROLLER_PORT']),
    freePortNear(RTMP_PORT),
    makeFirstClip(mediaDir),
  ]);
  if (env['STREAM_CONTROLLER_PORT'] === undefined && healthPort !== HEALTH_PORT)
    say(`Port ${HEALTH_PORT} is taken: /health is on port ${healthPort} here.`);
  const store = await startS3Server({ buckets: { [BUCKET]: { dir: mediaDir } } });
  closers.add('the store', () => store.stop());
  const nginx = await startNginxRtmp({ dir: nginxDir, rtmpPort });
  closers.add('the RTMP server', () => nginx.stop());
  const youtube = await startDemoYouTube(state.dir);
  closers.add('the YouTube', () => youtube.stop());
  const endBroadcasts = (): void => youtube.endBroadcasts();
  process.on('SIGUSR2', endBroadcasts);
  if (/^running:\s*false/m.test(readDesired()))
    say('desired.yaml says running: false, so nothing goes on air until it says running: true.');

  const healthUrl = `http://127.0.0.1:${healthPort}/health`;
  const logPath = join(temp, 'daemon.log');
  const view = openView(stdout, {
    root: ROOT,
    healthUrl,
    watchUrl: `${nginx.url}/${DEMO_STREAM_KEY}`,
    mediaDir,
    logPath,
  });
  closers.add('processes of the stream', async () => void (await state.killRuns()));
  const daemon = superviseDaemon({
    program: PROGRAM,
    cwd: ROOT,
    env: demoEnvironment(env, {
      STREAM_CONFIG_DIR: ROOT,
      STREAM_STATE_DIR: state.dir,
      STREAM_CONTROLLER_PORT: String(healthPort),
      STORAGE_BUCKET: BUCKET,
      STORAGE_ENDPOINT: store.url,
      STORAGE_ACCESS_KEY_ID: store.accessKeyId,
      STORAGE_SECRET_ACCESS_KEY: store.secretAccessKey,
      YOUTUBE_RTMP_URL: nginx.url,
      ...youtube.env,
    }),
    logPath,
    onChange: (message) => view.tell(message),
  });
  closers.add('the daemon', () => daemon.stop(GRACE_MS), daemon.hasten);
  closers.add('the view', () => {
    view.close();
    say('Taking the stream off air …');
  });

  const looker = new Looker(nginx, healthUrl);
  const firstPicture = tellFirstPicture(looker, view.tell).catch(() => undefined);
  await Promise.race([firstPicture, new Promise((done) => setTimeout(done, 3_000))]);
  makeMoreClips(mediaDir).then(
    () => view.tell('more to play is in the store: loops/fire.mp4 shows/1.mp4 shows/2.mp4 shows/10.mp4'),
    (error: unknown) => view.tell(`the other clips could not be made: ${String(error)}`),
  );
  for (;;) {
    const look = await looker.look(daemon.pid);
    youtube.follow(look.ingest?.publishing === true);
    view.show({ ...look, youtube: youtube.summary() });
    await new Promise((done) => setTimeout(done, stdout.isTTY ? 1_000 : 400));
  }
}

async function tellFirstPicture(looker: Looker, tell: (message: string) => void): Promise<void> {
  await eventually(
    async () => {
      const ingest = await looker.ingest();
      if (ingest === null || !ingest.publishing || ingest.bytes < FIRST_PICTURE_BYTES) throw new Error('none yet');
    },
    { timeoutMs: 3_600_000, everyMs: 100 },
  );
  tell(`on air: first picture at the ingest after ${(performance.now() / 1000).toFixed(1)} s`);
}

/** The usual port, or another when somebody has it. */
function freePortNear(port: number): Promise<number> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(freePort()));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(port)));
  });
}

function readDesired(): string {
  return existsSync(DESIRED) ? readFileSync(DESIRED, 'utf8') : '';
}

async function differsFromCommit(): Promise<boolean> {
  const diff = await runTool('git', ['-C', ROOT, 'diff', '--quiet', 'HEAD', '--', 'desired.yaml']).catch(() => null);
  return diff?.code === 1;
}
