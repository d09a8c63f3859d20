import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MARKER_VARIABLE } from '../../src/reconcile/model/run.ts';
import { stateIdOf } from '../../src/state/files.ts';
import { cpuOfMarked, cpuSeconds, type Place, residentMb, startSubject, writeDesired } from './subject.ts';
import { closedAtMs, firstFrameAtMs, keyframeOf, pause, reaches } from './waiting.ts';
import { makeMedia } from '../fixtures/media-maker.ts';
import { type RtmpSink, type SinkSession, startRtmpSink } from '../fixtures/rtmp-sink.ts';
import { runToolOk } from '../fixtures/run-tool.ts';
import { type S3Server, startS3Server } from '../fixtures/s3-server.ts';
import { mediaGaps } from '../fixtures/stream-analysis.ts';
import { freePort, killMarked, makeWorkspace } from '../fixtures/workspace.ts';

/** Measures what the operator notices, next to a raw FFmpeg in the same run, and prints a table. Nothing is asserted. */
const PROGRAM = resolve(import.meta.dirname, '../../dist/streamctl.js');
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const STEADY_S = Number(process.env['BENCH_STEADY_S'] ?? 30);
const NODE_FLAGS = (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
const SHORT = 'resolution: 1280x720\nfps: 30\nbitrate: 3000k\n';
const ON_A = `running: true\nmedia: a.mp4\n${SHORT}`;
const ON_B = `running: true\nmedia: b.mp4\n${SHORT}`;
const OFF = `running: false\nmedia: a.mp4\n${SHORT}`;
const KEY = 'bench-stream';
const RAW_NAME = 'raw';

interface Row {
  readonly what: string;
  readonly ours: string;
  readonly raw: string;
}

interface Bench {
  readonly place: Place;
  readonly store: S3Server;
  readonly sink: RtmpSink;
  readonly signedUrl: string;
}

if (!existsSync(PROGRAM)) throw new Error('dist/streamctl.js is missing: npm run build');
const workspace = makeWorkspace();
const marker = `${MARKER_VARIABLE}=${stateIdOf(join(workspace.dir, 'config/state'))}:`;
const daemonMarker = `STREAM_CONFIG_DIR=${join(workspace.dir, 'config')}`;
try {
  const bench = await prepare();
  const rows = [...(await starts(bench)), ...(await edits(bench)), ...(await steady(bench)), ...(await swaps(bench))];
  process.stdout.write(table(rows));
  await Promise.all([bench.store.stop(), bench.sink.stop()]);
} finally {
  await killMarked(daemonMarker);
  await killMarked(marker);
  await workspace.cleanup();
}

async function prepare(): Promise<Bench> {
  const long = { seconds: 40, bitrateKbps: 2500, cbr: false } as const;
  const [a, b] = [
    await makeMedia({ name: 'bench-a', pattern: 'testsrc2', ...long }),
    await makeMedia({ name: 'bench-b', pattern: 'color', color: 'blue', ...long }),
  ];
  const store = await startS3Server({ buckets: { bench: {} } });
  store.putFile('bench', 'a.mp4', a);
  store.putFile('bench', 'b.mp4', b);
  const sink = await startRtmpSink();
  const dir = join(workspace.dir, 'config');
  const env = {
    STREAM_CONFIG_DIR: dir,
    STORAGE_PROVIDER: 'cloudflare',
    STORAGE_ENDPOINT: store.url,
    STORAGE_BUCKET: 'bench',
    STORAGE_ACCESS_KEY_ID: store.accessKeyId,
    STORAGE_SECRET_ACCESS_KEY: store.secretAccessKey,
    YOUTUBE_RTMP_URL: sink.url,
    YOUTUBE_STREAM_KEY: KEY,
  };
  const place: Place = { program: PROGRAM, dir, env, healthPort: await freePort(), nodeFlags: NODE_FLAGS };
  writeDesired(dir, OFF);
  const signedUrl = await signed(place, 'a.mp4');
  return { place, store, sink, signedUrl };
}

/** What `streamctl media url` prints. */
async function signed({ env }: Place, key: string): Promise<string> {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const { stdout } = await runToolOk('env', [...variables, process.execPath, PROGRAM, 'media', 'url', key]);
  return stdout.toString().trim();
}

async function starts({ place }: Bench): Promise<Row[]> {
  const passes: number[] = [];
  const answers: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const subject = startSubject(place);
    passes.push((await subject.firstPassAtMs) - subject.spawnedAtMs);
    answers.push((await subject.answersAtMs) - subject.spawnedAtMs);
    await subject.stop();
  }
  return [
    { what: 'daemon: process start to first pass told', ours: ms(passes), raw: '' },
    { what: 'daemon: process start to /health answering', ours: ms(answers), raw: '' },
  ];
}

async function edits(bench: Bench): Promise<Row[]> {
  const { place, sink } = bench;
  const [on, off, raw]: [number[], number[], number[]] = [[], [], []];
  const subject = startSubject(place);
  await subject.answersAtMs;
  for (let round = 0; round < ROUNDS; round += 1) {
    raw.push(await rawStart(bench));
    const known = sink.sessions.length;
    const onAtMs = writeDesired(place.dir, ON_A);
    on.push((await firstFrameAtMs(sink, known)) - onAtMs);
    await reaches(place.healthPort, 'live');
    const session = sink.sessions[known]!;
    const offAtMs = writeDesired(place.dir, OFF);
    off.push((await closedAtMs(session)) - offAtMs);
    await reaches(place.healthPort, 'stopped');
  }
  await subject.stop();
  const extra = on.map((value, round) => value - raw[round]!);
  return [
    { what: '`running: true` to first video byte at the ingest', ours: ms(on), raw: ms(raw) },
    { what: '… of it beyond what raw FFmpeg takes', ours: ms(extra), raw: '' },
    { what: '`running: false` to session closed', ours: ms(off), raw: '' },
  ];
}

/** From the spawn of `ffmpeg -re -c copy` of the same signed URL to its first video frame at the sink. */
async function rawStart({ sink, signedUrl }: Bench): Promise<number> {
  const known = sink.sessions.length;
  const startedAtMs = performance.now();
  const raw = startRaw(signedUrl, sink);
  const tookMs = (await firstFrameAtMs(sink, known)) - startedAtMs;
  await ended(raw);
  return tookMs;
}

async function steady({ place, sink, signedUrl }: Bench): Promise<Row[]> {
  writeDesired(place.dir, ON_A);
  const subject = startSubject(place);
  await reaches(place.healthPort, 'live');
  const raw = startRaw(signedUrl, sink);
  // Past start-up, and past the first garbage collections.
  await pause(8_000);
  const daemonPid = subject.child.pid!;
  const daemonBeforeS = cpuSeconds(daemonPid);
  const rawBeforeS = cpuSeconds(raw.pid!);
  const streamS = await cpuOfMarked(marker, STEADY_S * 1000);
  const daemonS = cpuSeconds(daemonPid) - daemonBeforeS;
  const rawS = cpuSeconds(raw.pid!) - rawBeforeS;
  const rssMb = residentMb(daemonPid);
  await ended(raw);
  await subject.stop();
  const share = (seconds: number): string => `${((seconds / STEADY_S) * 100).toFixed(2)} % of a core`;
  return [
    { what: `daemon CPU, live, over ${STEADY_S} s`, ours: share(daemonS), raw: '' },
    { what: 'daemon resident memory, live', ours: `${rssMb.toFixed(0)} MB`, raw: '' },
    { what: 'uplink + playouts CPU, copied 720p', ours: share(streamS), raw: share(rawS) },
    { what: 'all together', ours: share(daemonS + streamS), raw: share(rawS) },
  ];
}

async function swaps({ place, sink }: Bench): Promise<Row[]> {
  writeDesired(place.dir, ON_A);
  const known = sink.sessions.length;
  const subject = startSubject(place);
  await reaches(place.healthPort, 'live');
  await pause(3_000);
  const session = sink.sessions[known]!;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const toB = round % 2 === 0;
    const editAtMs = writeDesired(place.dir, toB ? ON_B : ON_A);
    times.push((await keyframeOf(session, toB, editAtMs)) - editAtMs);
    await reaches(place.healthPort, 'live');
    await pause(3_000);
  }
  const sessions = sink.sessions.length - known;
  const raw = sink.sessions.findLast(({ streamName }) => streamName === RAW_NAME);
  await subject.stop();
  return [
    { what: '`media:` edit to first picture of the other item at the ingest', ours: ms(times), raw: '' },
    {
      what: `largest step of timestamps over ${ROUNDS} swaps (video, audio)`,
      ours: largestSteps(session),
      raw: raw === undefined ? '' : `${largestSteps(raw)} (one item, no swap)`,
    },
    { what: 'RTMP sessions used for that', ours: String(sessions), raw: '' },
  ];
}

function largestSteps(session: SinkSession): string {
  const steps = (['video', 'audio'] as const).map((kind) =>
    Math.max(...mediaGaps(session, kind, 0).map(({ gapMs }) => gapMs)),
  );
  return steps.map((gapMs) => `${gapMs.toFixed(0)} ms`).join(', ');
}

function startRaw(signedUrl: string, sink: RtmpSink): ChildProcess {
  const input = ['-re', '-stream_loop', '-1', '-i', signedUrl];
  return spawn('ffmpeg', ['-nostdin', '-v', 'error', ...input, '-c', 'copy', '-f', 'flv', `${sink.url}/${RAW_NAME}`], {
    stdio: 'ignore',
  });
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}

/** Median, and the range. */
function ms(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)];
  return `${median.toFixed(0)} ms (${least.toFixed(0)} to ${most.toFixed(0)})`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ what, ours, raw }) => `| ${what} | ${ours} | ${raw} |`);
  const note = `Medians and ranges of ${ROUNDS} rounds; Node ${process.version}${NODE_FLAGS.length > 0 ? ` ${NODE_FLAGS.join(' ')}` : ''}.`;
  return `\n| | Stream Controller | raw FFmpeg |\n|---|---|---|\n${lines.join('\n')}\n\n${note}\n`;
}
