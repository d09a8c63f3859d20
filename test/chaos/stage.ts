import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HealthBody } from '../../src/health/body.ts';
import { type Daemon, healthEventually, startDaemon } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import type { Known } from '../fixtures/found-out.ts';
import type { MediaRecipe } from '../fixtures/media-maker.ts';
import { type RtmpSink, type SinkSession, startRtmpSink } from '../fixtures/rtmp-sink.ts';
import { type S3Server, startS3Server } from '../fixtures/s3-server.ts';
import { STAGE_SIZE, stageMedia } from '../fixtures/stage-media.ts';
import { framesOf, lastFrameMs } from '../fixtures/stream-analysis.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';

/** All that a fault can hit: a store, an ingest that logs every frame, and daemons; gone after `close`. */
export interface Stage {
  readonly dir: string;
  readonly configDir: string;
  readonly stateDir: string;
  readonly desiredPath: string;
  readonly store: S3Server;
  readonly sink: RtmpSink;
  /** Makes media in the house format and puts it into the bucket; answers with its file. */
  upload(key: string, recipe?: Partial<MediaRecipe>): Promise<string>;
  /** Writes desired.yaml: the house format and these lines. */
  wish(lines: Readonly<Record<string, string>>): void;
  /** Starts a daemon; beside `env` the contract's defaults hold, those of the retry policy among them. */
  start(env?: Readonly<Record<string, string>>): Promise<Daemon>;
  /** Done in `close`, last deferred first, after the daemons are gone. */
  defer(undo: () => void | Promise<void>): void;
  close(): Promise<void>;
}

export interface StageOptions {
  /** What its first daemon need not find out. Default `ffmpeg and media`. */
  readonly known?: Known;
  /** Whether the ingest keeps the streams as files. Default true. */
  readonly record?: boolean;
}

/** As large as `stageMedia`. */
const HOUSE = { running: 'true', bitrate: '800k', resolution: STAGE_SIZE };

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const workspace = makeWorkspace();
  const { dir } = workspace;
  const configDir = join(dir, 'config');
  mkdirSync(configDir);
  const store = await startS3Server();
  const sink = await startRtmpSink(options.record === false ? {} : { recordDir: join(dir, 'recordings') });
  const daemons: Daemon[] = [];
  const undoes: (() => void | Promise<void>)[] = [];
  const desiredPath = join(configDir, 'desired.yaml');
  const env = {
    LOG_LEVEL: 'debug',
    STORAGE_ENDPOINT: store.url,
    STORAGE_BUCKET: 'media',
    STORAGE_ACCESS_KEY_ID: store.accessKeyId,
    STORAGE_SECRET_ACCESS_KEY: store.secretAccessKey,
    YOUTUBE_RTMP_URL: sink.url,
    YOUTUBE_STREAM_KEY: 'abcd-efgh-ijkl-mnop-qrst',
  };
  return {
    dir,
    configDir,
    stateDir: join(configDir, 'state'),
    desiredPath,
    store,
    sink,
    upload: async (key, recipe = {}) => {
      const path = await stageMedia(recipe);
      store.putFile('media', key, path);
      return path;
    },
    wish: (lines) => {
      const all = Object.entries({ ...HOUSE, ...lines });
      writeFileSync(desiredPath, `${all.map(([name, value]) => `${name}: ${value}`).join('\n')}\n`);
    },
    start: async (more = {}) => {
      const daemon = await startDaemon({
        configDir,
        known: options.known ?? 'ffmpeg and media',
        env: { ...env, ...more },
      });
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

/** Something red is to be on air: a minute of it, looped. */
export async function wishRed(stage: Stage): Promise<void> {
  await stage.upload('red.mp4', { color: 'red', seconds: 60 });
  stage.wish({ media: 'red.mp4' });
}

/** For looking into a failure: with CHAOS_LOGS, a directory, the daemons' logs stay there. */
export function keepLogs(daemons: readonly Daemon[]): void {
  const logDir = process.env['CHAOS_LOGS'];
  if (logDir === undefined) return;
  mkdirSync(logDir, { recursive: true });
  for (const { pid, stateId, logLines, stderr } of daemons) {
    const name = `${Math.round(performance.timeOrigin + performance.now())}-${stateId}-${pid}.log`;
    writeFileSync(join(logDir, name), [...logLines, stderr].join('\n'));
  }
}

/** Both roles on air as wished. */
export interface OnAir {
  readonly daemon: Daemon;
  readonly report: HealthBody;
  readonly uplinkPid: number;
  /** null = its item stands in the reservoir as a whole. */
  readonly playoutPid: number | null;
}

export const liveOn = (daemon: Daemon, timeoutMs = 45_000): Promise<HealthBody> =>
  healthEventually(daemon, ({ status, playout }) => status === 'live' && playout !== null, { what: 'live', timeoutMs });

/** Waits until this item is on air, and not by the FFmpeg with this PID. */
export const itemOnAir = (
  daemon: Daemon,
  item: string,
  exceptPid: number | null = 0,
  timeoutMs = 60_000,
): Promise<HealthBody> =>
  healthEventually(
    daemon,
    ({ status, playout }) => status === 'live' && playout?.item === item && playout.pid !== exceptPid,
    { what: `${item} on air`, timeoutMs },
  );

/** Starts a daemon, and waits until the ingest has seen a picture and `/health` says `live`. */
export async function goOnAir(stage: Stage, env: Readonly<Record<string, string>> = {}): Promise<OnAir> {
  const after = stage.sink.sessions.length;
  const daemon = await stage.start(env);
  // Not what is measured: on a busy machine Node alone takes long to start.
  await newSession(stage.sink, after, 100_000);
  const report = await liveOn(daemon, 60_000);
  if (report.uplink === null || report.playout === null) throw new Error('live without a process');
  return { daemon, report, uplinkPid: report.uplink.pid, playoutPid: report.playout.pid };
}

export interface StageOnAir extends OnAir {
  readonly stage: Stage;
}

/** A stage of its own with this one item on air, over and over; none is left where that fails. */
export async function openOnAir(key: string, recipe: Partial<MediaRecipe>): Promise<StageOnAir> {
  const stage = await openStage();
  try {
    await stage.upload(key, recipe);
    stage.wish({ media: key });
    return { stage, ...(await goOnAir(stage)) };
  } catch (error) {
    await stage.close();
    throw error;
  }
}

/** The session that publishes now. */
export function currentSession(sink: RtmpSink): SinkSession {
  const session = sink.sessions.at(-1);
  if (session === undefined || session.closedAtMs !== null) throw new Error('nobody publishes');
  return session;
}

/** Waits for a session beyond the first `after` that has brought a key frame. */
export function newSession(sink: RtmpSink, after: number, timeoutMs = 45_000): Promise<SinkSession> {
  return eventually(
    () => {
      const session = currentSession(sink);
      if (sink.sessions.length <= after) throw new Error(`${sink.sessions.length} sessions so far`);
      if (!framesOf(session, 'video').some(({ keyframe }) => keyframe)) throw new Error('no key frame has arrived');
      return session;
    },
    { timeoutMs, what: 'a picture of a new session at the ingest' },
  );
}

/** Waits until so much more video has arrived, in whatever session there is. */
export function videoAdvances(sink: RtmpSink, byMs: number, spareMs = 45_000): Promise<void> {
  const shownMs = (): number => sink.sessions.reduce((sum, session) => sum + (lastFrameMs(session, 'video') ?? 0), 0);
  const fromMs = shownMs();
  return eventually(
    () => {
      if (shownMs() - fromMs < byMs) throw new Error(`only ${shownMs() - fromMs} ms`);
    },
    { timeoutMs: byMs + spareMs, everyMs: 100, what: `${byMs} ms more of video` },
  );
}

/** More progress than makes an uplink's run a healthy one by the retry policy, as the last report of it may be a second old. */
const HEALTHY_RUN_MS = 11_500;

/** Waits until the session that publishes now has brought so much that its uplink's run is a healthy one. */
export function healthyRun(sink: RtmpSink): Promise<void> {
  return eventually(
    () => {
      const frames = framesOf(currentSession(sink), 'video');
      const shownMs = (frames.at(-1)?.timestampMs ?? 0) - (frames[0]?.timestampMs ?? 0);
      if (shownMs < HEALTHY_RUN_MS) throw new Error(`only ${shownMs} ms`);
    },
    { timeoutMs: HEALTHY_RUN_MS + 45_000, everyMs: 100, what: 'a healthy run' },
  );
}
