import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MARKER_VARIABLE } from '../../../src/reconcile/model/run.ts';
import { stateIdOf } from '../../../src/state/files.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeMedia } from '../../fixtures/media-maker.ts';
import { type RtmpSink, startRtmpSink } from '../../fixtures/rtmp-sink.ts';
import { runToolOk } from '../../fixtures/run-tool.ts';
import { type S3Server, startS3Server } from '../../fixtures/s3-server.ts';
import { nodeArgs } from '../../fixtures/program.ts';
import { freePort, killMarked } from '../../fixtures/workspace.ts';
import { type Place, writeDesired } from './subject.ts';

/** A store, an ingest and a directory for a daemon, for one that streams. */
export interface Scene {
  readonly place: Place;
  readonly store: S3Server;
  readonly sink: RtmpSink;
  /** In the environment of every process the daemon starts. */
  readonly marker: string;
  /** The address that `streamctl media url` prints: what a rival is given. */
  signed(key: string): Promise<string>;
  close(): Promise<void>;
}

export const BUCKET = 'bench';
/** The picture all parts but that on costs stream. */
export const FORMAT = 'resolution: 1280x720\nfps: 30\nbitrate: 3000k\n';
export const ON_A = `running: true\nmedia: a.mp4\n${FORMAT}`;
export const ON_B = `running: true\nmedia: b.mp4\n${FORMAT}`;
export const OFF = `running: false\nmedia: a.mp4\n${FORMAT}`;

const PROGRAM = resolve(import.meta.dirname, '../../../dist/streamctl.js');
const KEY = 'bench-stream';

/** `dir`: of this scene alone. The bucket has a.mp4, a test picture, and b.mp4, plain blue, both 40 s of house format. */
export async function openScene(dir: string): Promise<Scene> {
  const long = { seconds: 40, bitrateKbps: 2500 } as const;
  const a = await makeMedia({ name: 'bench-a', pattern: 'testsrc2', ...long });
  const b = await makeMedia({ name: 'bench-b', pattern: 'color', color: 'blue', ...long });
  const store = await startS3Server({ buckets: { [BUCKET]: {} } });
  store.putFile(BUCKET, 'a.mp4', a);
  store.putFile(BUCKET, 'b.mp4', b);
  const sink = await startRtmpSink();
  const configDir = join(dir, 'config');
  mkdirSync(configDir, { recursive: true });
  const env = {
    STREAM_CONFIG_DIR: configDir,
    STORAGE_PROVIDER: 'cloudflare',
    STORAGE_ENDPOINT: store.url,
    STORAGE_BUCKET: BUCKET,
    STORAGE_ACCESS_KEY_ID: store.accessKeyId,
    STORAGE_SECRET_ACCESS_KEY: store.secretAccessKey,
    YOUTUBE_RTMP_URL: sink.url,
    YOUTUBE_STREAM_KEY: KEY,
  };
  const tried = process.env['BENCH_NODE_FLAGS']?.split(' ').filter((flag) => flag !== '');
  const program = tried === undefined ? nodeArgs(PROGRAM) : [...tried, PROGRAM];
  const place: Place = { program, dir: configDir, env, healthPort: await freePort() };
  writeDesired(configDir, OFF);
  return {
    place,
    store,
    sink,
    marker: markerOf(dir),
    signed: async (key) => {
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      const ask = [...variables, process.execPath, PROGRAM, 'media', 'url', key];
      // On a busy machine the store, which is in this process, may not answer it in time.
      const { stdout } = await eventually(() => runToolOk('env', ask), {
        timeoutMs: 60_000,
        what: `the address of ${key}`,
      });
      return stdout.toString().trim();
    },
    close: async () => {
      await killScene(dir);
      await Promise.all([sink.stop(), store.stop()]);
    },
  };
}

/** Ends, harshly, whatever streams from the scene in this directory, its daemon first. */
export async function killScene(dir: string): Promise<void> {
  await killMarked(`STREAM_CONFIG_DIR=${join(dir, 'config')}`);
  await killMarked(markerOf(dir));
}

const markerOf = (dir: string): string => `${MARKER_VARIABLE}=${stateIdOf(join(dir, 'config/state'))}:`;
