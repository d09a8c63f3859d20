import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HealthBody } from '../../src/health/body.ts';
import { keepLogs } from '../chaos/stage.ts';
import { type Daemon, healthEventually, startDaemon } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import type { Known } from '../fixtures/found-out.ts';
import type { MediaRecipe } from '../fixtures/media-maker.ts';
import { type ColourName, colourTimeline } from '../fixtures/picture.ts';
import { PROGRAM } from '../fixtures/program.ts';
import { type RtmpSink, type SinkSession, startRtmpSink } from '../fixtures/rtmp-sink.ts';
import { type S3Server, startS3Server } from '../fixtures/s3-server.ts';
import { STAGE_SIZE, stageMedia } from '../fixtures/stage-media.ts';
import { framesOf, lastFrameMs } from '../fixtures/stream-analysis.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';

/** A store, an ingest that logs every frame, a configuration directory, and daemons in it; all gone after `close`. */
export interface Studio {
  readonly dir: string;
  readonly configDir: string;
  readonly stateDir: string;
  readonly desiredPath: string;
  readonly store: S3Server;
  readonly sink: RtmpSink;
  /** What a daemon gets; the stream key and storage secrets are among it. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes media in the house format of `HOUSE` and puts it into the bucket. */
  upload(key: string, recipe?: Partial<MediaRecipe>): Promise<string>;
  /** Writes desired.yaml: HOUSE and these lines. */
  wish(lines: Readonly<Record<string, string>>): void;
  /** `entry` is the program of another version. */
  start(env?: Readonly<Record<string, string>>, entry?: string): Promise<Daemon>;
  /** Done in `close`, last deferred first, after the daemons are gone. */
  defer(undo: () => void | Promise<void>): void;
  close(): Promise<void>;
}

export const STREAM_KEY = 'abcd-efgh-ijkl-mnop-qrst';
export const SECRET_KEY = 'very-secret-access-key-0123456789';
export const ACCESS_KEY = 'ACCESSKEYID0123456';

/** The built-in slate is a dark blue, nearest to black of the colours tests know. */
export const SLATE: ColourName = 'black';

/** As large as `stageMedia`. */
const HOUSE = { running: 'true', bitrate: '800k', resolution: STAGE_SIZE };

/** A studio, and what its first daemon need not find out. */
export async function openStudio({ known = 'ffmpeg and media' }: { readonly known?: Known } = {}): Promise<Studio> {
  const workspace = makeWorkspace();
  const { dir } = workspace;
  const configDir = join(dir, 'config');
  mkdirSync(configDir);
  const store = await startS3Server({ accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY });
  const sink = await startRtmpSink({ recordDir: join(dir, 'recordings') });
  const daemons: Daemon[] = [];
  const undoes: (() => void | Promise<void>)[] = [];
  const env = {
    LOG_LEVEL: 'debug',
    STORAGE_ENDPOINT: store.url,
    STORAGE_BUCKET: 'media',
    STORAGE_ACCESS_KEY_ID: ACCESS_KEY,
    STORAGE_SECRET_ACCESS_KEY: SECRET_KEY,
    YOUTUBE_RTMP_URL: sink.url,
    YOUTUBE_STREAM_KEY: STREAM_KEY,
    WORKER_RETRY_DELAY: '0.5',
    WORKER_MAX_RETRIES: '0',
  };
  const desiredPath = join(configDir, 'desired.yaml');
  return {
    dir,
    configDir,
    stateDir: join(configDir, 'state'),
    desiredPath,
    store,
    sink,
    env,
    upload: async (key, recipe = {}) => {
      const path = await stageMedia(recipe);
      store.putFile('media', key, path);
      return path;
    },
    wish: (lines) => {
      const all = Object.entries({ ...HOUSE, ...lines });
      writeFileSync(desiredPath, `${all.map(([name, value]) => `${name}: ${value}`).join('\n')}\n`);
    },
    start: async (more = {}, entry = PROGRAM) => {
      const daemon = await startDaemon({ configDir, known, env: { ...env, ...more }, entry });
      daemons.push(daemon);
      return daemon;
    },
    defer: (undo) => void undoes.push(undo),
    close: async () => {
      for (const daemon of daemons) await daemon.stop();
      keepLogs(daemons);
      for (const undo of undoes.toReversed()) await undo();
      await sink.stop();
      await store.stop();
      await workspace.cleanup();
    },
  };
}

/** Waits until `/health` says that this item is on air. */
export const onAirWith = (daemon: Daemon, item: string): Promise<HealthBody> =>
  healthEventually(daemon, ({ status, playout }) => status === 'live' && playout?.item === item, {
    what: `${JSON.stringify(item.slice(0, 40))} to be on air`,
    timeoutMs: 45_000,
  });

/** The session that publishes now. */
export function currentSession(sink: RtmpSink): SinkSession {
  const session = sink.sessions.at(-1);
  if (session === undefined || session.closedAtMs !== null) throw new Error('nobody publishes');
  return session;
}

/** Waits until the ingest has seen a picture of a session that is not among the first `after`. */
export function firstPicture(sink: RtmpSink, after = 0, timeoutMs = 45_000): Promise<SinkSession> {
  return eventually(
    () => {
      const session = currentSession(sink);
      if (sink.sessions.length <= after) throw new Error(`${sink.sessions.length} sessions so far`);
      if (!framesOf(session, 'video').some(({ keyframe }) => keyframe)) throw new Error('no key frame has arrived');
      return session;
    },
    { timeoutMs, what: 'a picture at the ingest' },
  );
}

/** Names of the colours the ingest recorded in this session, sampled every half second. */
export function colours(session: SinkSession, everyS = 0.5): Promise<ColourName[]> {
  return colourTimeline(recordingOf(session), everyS);
}

/**
 * The colours of the programme in turn, as the ingest recorded them. A session may begin with the slate, as the first item is
 * not waited for.
 */
export async function programmeColours(session: SinkSession): Promise<ColourName[]> {
  const seen = summary(await colours(session));
  return seen[0] === SLATE ? seen.slice(1) : seen;
}

/** A look decodes the whole recording. */
export const LOOK_EVERY_MS = 1_000;

/** Waits until the last picture recorded in the running session has this colour. */
export function colourArrives(sink: RtmpSink, colour: ColourName, timeoutMs = 45_000): Promise<void> {
  return eventually(
    async () => {
      const seen = await colours(currentSession(sink));
      if (seen.at(-1) !== colour) throw new Error(`the ingest has seen ${summary(seen).join(', ')}`);
    },
    { timeoutMs, everyMs: LOOK_EVERY_MS, what: `${colour} at the ingest` },
  );
}

/** Waits until so much more video has arrived in this session. */
export function videoAdvances(session: SinkSession, byMs: number): Promise<void> {
  const lastMs = (): number => lastFrameMs(session, 'video') ?? 0;
  const fromMs = lastMs();
  return eventually(
    () => {
      if (lastMs() - fromMs < byMs) throw new Error(`only ${lastMs() - fromMs} ms`);
    },
    { timeoutMs: byMs + 45_000, what: `${byMs} ms more of video` },
  );
}

export function recordingOf(session: SinkSession): string {
  if (session.file === undefined) throw new Error('the sink does not record');
  return session.file;
}

/** A sequence without its repetitions. */
export const summary = <T>(sequence: readonly T[]): T[] => sequence.filter((value, i) => value !== sequence[i - 1]);
