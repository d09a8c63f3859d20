import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/cli/doctor/doctor.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import type { RecordedFfmpeg } from '../../fixtures/recorded-ffmpeg.ts';
import { type RtmpSink, startRtmpSink } from '../../fixtures/rtmp-sink.ts';
import { type S3Server, startS3Server } from '../../fixtures/s3-server.ts';
import { freePort, makeWorkspace } from '../../fixtures/workspace.ts';

export const STREAM_KEY = 'zyxw-vuts-rqpo-nmlk-jihg';

/** A configuration with which all is well: a store with one object, an ingest, a file that wishes it. */
export interface DoctorStage {
  readonly dir: string;
  readonly store: S3Server;
  readonly sink: RtmpSink;
  readonly env: Readonly<Record<string, string>>;
  /** Writes desired.yaml with these lines otherwise. */
  wish(lines?: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

export async function openDoctorStage(ffmpeg: RecordedFfmpeg): Promise<DoctorStage> {
  const workspace = makeWorkspace();
  const { dir } = workspace;
  mkdirSync(join(dir, 'state'), { mode: 0o700 });
  const store = await startS3Server();
  store.put('media', 'loops/rain.mp4', Buffer.from('rain'));
  const sink = await startRtmpSink();
  const wish = (lines: Readonly<Record<string, string>> = {}): void => {
    const all = { running: 'true', media: 'loops/rain.mp4', bitrate: '3000k', ...lines };
    const text = Object.entries(all).map(([name, value]) => `${name}: ${value}\n`);
    writeFileSync(join(dir, 'desired.yaml'), text.join(''));
  };
  wish();
  return {
    dir,
    store,
    sink,
    wish,
    env: {
      STREAM_CONFIG_DIR: dir,
      STREAM_CONTROLLER_PORT: String(await freePort()),
      STORAGE_ENDPOINT: store.url,
      STORAGE_BUCKET: 'media',
      STORAGE_ACCESS_KEY_ID: store.accessKeyId,
      STORAGE_SECRET_ACCESS_KEY: store.secretAccessKey,
      YOUTUBE_RTMP_URL: sink.url,
      YOUTUBE_STREAM_KEY: STREAM_KEY,
      ...ffmpeg,
    },
    close: async () => {
      await sink.stop();
      await store.stop();
      await workspace.cleanup();
    },
  };
}

export interface Diagnosis {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly findings: readonly Finding[];
  /** The verdicts on one check, worst or not, in order. */
  of(check: string): readonly Finding[];
}

/** What `streamctl doctor --json` says, called in this process: a start of the program costs more than a diagnosis. */
export async function diagnose(env: Readonly<Record<string, string>>): Promise<Diagnosis> {
  let [stdout, stderr] = ['', ''];
  const told = (text: string): string => (stderr += `${text}\n`);
  const code = await run({
    options: new Map([['json', '']]),
    args: [],
    env: { PATH: process.env['PATH'] ?? '', ...env },
    cwd: '/',
    terminal: {
      out: (text) => void (stdout += `${text}\n`),
      note: told,
      problem: told,
      isInteractive: false,
      colour: false,
      size: () => ({ columns: 100, rows: 50 }),
    },
  });
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  return { code, stdout, stderr, findings, of: (name) => findings.filter(({ check }) => check === name) };
}
