import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Actuator } from '../actuate/actuator.ts';
import { type Feed, openFeed } from '../actuate/feed.ts';
import { filtersOf } from '../actuate/ffmpeg/picture-argv.ts';
import { HouseClips } from '../actuate/house-clips.ts';
import type { LogOutput } from './log-output.ts';
import { Complaints } from './complaints.ts';
import { Publisher } from './publisher.ts';
import type { SignalInbox } from './signals.ts';
import type { SystemdNotifier } from './systemd.ts';
import { Wake } from './wake.ts';
import { collectSecrets } from '../environment/read-settings.ts';
import type { Settings } from '../environment/settings.ts';
import { httpStatusFor } from '../health/body.ts';
import { serveHealth } from '../health/server.ts';
import { Heartbeat } from '../notify/heartbeat.ts';
import { Notifier } from '../notify/notifier.ts';
import { PATIENCE_MS, send } from '../notify/send.ts';
import { momentSource, monotonicMs } from '../observe/clock/moment.ts';
import { RecycleClock } from '../observe/clock/recycle.ts';
import { DesiredReader } from '../observe/desired/file.ts';
import { parseDesired } from '../observe/desired/parse.ts';
import { PatientReader } from '../observe/desired/patient-reader.ts';
import { watchDesired } from '../observe/desired/watch.ts';
import { IngestPort } from '../observe/ingest-port.ts';
import { MediaCatalogue } from '../observe/media/catalogue.ts';
import { LocalCopies } from '../observe/media/local-copies.ts';
import { Observer } from '../observe/observer.ts';
import { openProbeCache } from '../observe/probe/cache.ts';
import { createProber } from '../observe/probe/prober.ts';
import { feedInUse } from '../observe/runs/feed-in-use.ts';
import { lastUplinkProgressMs } from '../observe/runs/run-files.ts';
import { RunsObserver } from '../observe/runs/runs.ts';
import { MbufferWatch } from '../observe/toolchain/mbuffer.ts';
import { ToolchainWatch } from '../observe/toolchain/watch.ts';
import { type LoopEnd, ReconcileLoop } from '../reconcile/loop.ts';
import { atDaemonStart } from '../reconcile/memory/backoff.ts';
import type { Obstacle } from '../reconcile/model/observation.ts';
import { keyDigest } from '../reconcile/playout/hashes.ts';
import { STATE_FILES } from '../state/files.ts';
import { recallMemory, recallText } from '../state/recall.ts';
import { StateDir } from '../state/state-dir.ts';
import { openStore } from '../store/drivers.ts';
import { createSampler } from '../store/fetch/sample.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { readBoot } from '../system/boot.ts';
import { CHILD_ENV, CHILD_PATH, findProgram, programFinder } from '../system/programs.ts';
import { lookPatiently } from '../system/look.ts';
import { VERSION } from '../system/version.ts';
import { createRedactor } from '../text/redact.ts';
import { YouTubeSide } from './youtube.ts';
import { errorMessage } from '../system/errors.ts';

/** A file that changed less than this ago may still be half written, and half a file may be valid. */
const SETTLE_MS = 250;
/** Enough for a slow connection: ffprobe reads the index at the end of a large file, then 30 s of packets. */
const PROBE_TIMEOUT_MS = 60_000;

/**
 * Builds the daemon from its parts and runs the loop until it ends. Before, it finds the runs of an earlier daemon and what
 * that one remembered, so that the stream plays on.
 */
export async function live(
  settings: Settings,
  stateDir: string,
  stateId: string,
  { log, output }: { readonly log: Logger; readonly output: LogOutput },
  signals: SignalInbox,
  serviceManager: SystemdNotifier | null,
): Promise<LoopEnd> {
  const wake = new Wake();
  const clock = { now: monotonicMs, wake: wake.now };
  const secrets = collectSecrets(settings);
  const store = new StateDir(stateDir);
  const boot = readBoot();
  const desiredPath = join(settings.configDir, 'desired.yaml');
  const reader = new DesiredReader(desiredPath, { secrets, settleMs: SETTLE_MS });
  const patientReader = new PatientReader({ read: () => reader.read(), now: monotonicMs });

  const { caFile, streamKey } = settings;
  const storage = openStore(settings.storage, caFile);
  const getStreamUrl = (key: string) => storage.getStreamUrl(key, settings.urlTtlS);
  const path = process.env['PATH'] ?? '';
  const { ffmpegPath } = settings;
  const findFfmpeg = ffmpegPath === null ? programFinder('ffmpeg', path) : (): string => ffmpegPath;
  const ffprobePath = settings.ffprobePath ?? findProgram('ffprobe', path) ?? 'ffprobe';
  const catalogue = new MediaCatalogue({
    storage,
    probe: createProber({ ffprobePath, timeoutMs: PROBE_TIMEOUT_MS, env: CHILD_ENV, caFile }),
    sample: createSampler({ caFile }),
    cache: await openProbeCache(join(stateDir, STATE_FILES.probes), writeFileAtomically),
    urlTtlS: settings.urlTtlS,
    ...clock,
  });
  const copies = new LocalCopies({
    dir: stateDir,
    factsOf: (key) => catalogue.factsNow(key),
    getStreamUrl,
    caFile,
    write: writeFileAtomically,
    ...clock,
  });
  await copies.load();
  const toolchain = new ToolchainWatch(
    findFfmpeg,
    stateDir,
    { load: () => store.load(STATE_FILES.toolchain), save: (text) => void store.save(STATE_FILES.toolchain, text) },
    wake.now,
    monotonicMs,
  );
  const clips = new HouseClips({
    dir: stateDir,
    ffmpegPath: findFfmpeg,
    filters: () => filtersOf(toolchain.read()),
    write: writeFileAtomically,
    ...clock,
  });
  await clips.load();
  const mbuffer = new MbufferWatch(programFinder('mbuffer', CHILD_PATH), monotonicMs);
  const ingest = new IngestPort(settings.rtmpUrl, monotonicMs, wake.now);
  const exits = new Map<string, { readonly code: number | null; readonly signal: string | null }>();
  const complaints = new Complaints(log, monotonicMs);
  const runs = new RunsObserver({
    stateId,
    stateDir,
    redact: createRedactor(secrets),
    onLine: (line) => complaints.tell(line),
    exitOf: (runId) => exits.get(runId) ?? null,
  });

  let feed: Feed;
  try {
    const used = await lookPatiently(async () => feedInUse(stateId));
    feed = openFeed(stateDir, used.kind === 'known' ? used.value : {});
  } catch (error) {
    return { kind: 'exit', code: 1, message: `the state directory cannot be used: ${errorMessage(error)}` };
  }
  const youtube = new YouTubeSide({
    settings: settings.youtube,
    stateDir,
    streamKey,
    storage,
    caFile,
    nowMs: monotonicMs,
    wake: wake.now,
    onProblem: (why) => log.error({ why }, 'YouTube cannot be looked at'),
  });
  const actuator = new Actuator({
    stateId,
    stateDir,
    store,
    feed,
    ffmpegPath: findFfmpeg,
    toolchain: () => toolchain.read(),
    rtmpUrl: settings.rtmpUrl,
    streamKey,
    caFile,
    getStreamUrl,
    mendFacts: (facts) => catalogue.mend(facts),
    inspectItem: (key, maxAgeMs, sample) => catalogue.inspect(key, maxAgeMs, sample),
    listMedia: (prefix, maxAgeMs) => catalogue.list(prefix, maxAgeMs),
    keepCopy: (key, maxAgeMs) => copies.keep(key, maxAgeMs),
    keepClip: (id, copy, format) => clips.keep(id, copy, format),
    probeIngest: () => ingest.ask(),
    askYouTube: (nonce, call) => youtube.ask(nonce, call),
    onExit: (runId, code, signal) => {
      exits.set(runId, { code, signal });
      for (const oldest of exits.keys()) if (exits.size > MOST_EXITS_KEPT) exits.delete(oldest);
      wake.now();
    },
  });

  const heartbeat = heartbeatOf(settings, log);
  const notifier = notifierOf(settings, log);
  const recycle = new RecycleClock();
  const recalled = (file: string): Promise<string | null> =>
    recallText(join(stateDir, file), (code) =>
      log.warn({ file, why: code }, 'what the last daemon left cannot be read; this one begins without it'),
    );
  const [lastGood, kept] = await Promise.all([recalled(STATE_FILES.lastGood), recalled(STATE_FILES.state)]);
  const observer = new Observer(
    {
      readDesired: () => patientReader.read(),
      lookAtRuns: (mayStart) => runs.look(monotonicMs(), mayStart),
      lookAtMedia: async () => ({
        copies: await copies.look(),
        clips: await clips.look(),
        ...catalogue.tables(),
      }),
      toolchain: () => toolchain.read(),
      mbuffer: () => mbuffer.read(),
      ingest: () => ingest.read(),
      obstacles: obstaclesOf(settings),
      notifier: () => notifier?.read() ?? null,
      recycle: (spec) => recycle.read(spec, Date.now()),
      youtube: () => youtube.read(),
    },
    lastGood === null ? null : parseDesired(Buffer.from(lastGood), { secrets }),
  );
  const publisher = new Publisher({
    log,
    store,
    boot,
    version: VERSION,
    textOf: (hash) => reader.textOf(hash),
    now: monotonicMs,
    silences: () => [
      { of: 'log', forMs: output.silentMs },
      { of: 'desired.yaml', forMs: patientReader.silentMs },
    ],
    countsFetches: settings.storage.kind === 's3',
    lastProgressWallMs: lastUplinkProgressMs(stateDir),
  });
  const memory = recallMemory(randomUUID, kept, boot, { monoMs: monotonicMs(), wallMs: Date.now() });
  const loop = new ReconcileLoop(
    {
      observe: () => observer.observe(),
      act: (action) => actuator.act(action),
      now: momentSource(),
      publish: (pass) => {
        publisher.publish(pass);
        const { monoMs } = pass.now;
        serviceManager?.passed({ healthSettled: health.settled, health: publisher.report, monoMs });
        notifier?.passed(pass.plan.memory.trouble.outbox, pass.now);
        heartbeat?.passed({ httpStatus: httpStatusFor(publisher.report.status), monoMs });
      },
      sleep: wake.sleep,
    },
    {
      policy: { delayMs: settings.retryDelayMs, maxRetries: settings.maxRetries },
      youTubePollMs: settings.youtube?.pollIntervalMs ?? DEFAULT_POLL_MS,
      urlTtlMs: settings.storage.kind === 'local' ? Number.MAX_SAFE_INTEGER : settings.urlTtlS * 1000,
      target: streamKey === null ? null : { url: settings.rtmpUrl, keyDigest: keyDigest(streamKey, stateId) },
      stateId,
    },
    { ...memory, uplink: { ...memory.uplink, backoff: atDaemonStart(memory.uplink.backoff) } },
  );

  const health = serveHealth(
    settings.healthHost,
    settings.healthPort,
    () => publisher.report,
    (message) => log.error(message),
  );
  const watch = watchDesired(desiredPath, wake.now, {
    quietMs: SETTLE_MS + 30,
    onError: (message) =>
      log.warn({ why: message }, 'the watch on desired.yaml is impaired; it is read every second all the same'),
  });
  signals.deliver((instruction) => {
    log.info({ wish: instruction }, instruction === 'stop' ? 'going off air, then ending' : 'handing over');
    if (instruction === 'stop') {
      serviceManager?.stopping();
      loop.stop();
    } else loop.handOver();
    wake.now();
  });
  log.info({ version: VERSION, node: process.version, pid: process.pid, stateId }, 'daemon started');
  try {
    return await loop.run();
  } finally {
    publisher.leave();
    await Promise.all([health.close(), watch.close()]);
    feed.close();
  }
}

/** Without an OAuth client YouTube is never looked at, and nothing waits for this. */
const DEFAULT_POLL_MS = 60_000;
const MOST_EXITS_KEPT = 64;

/** null = HEARTBEAT_URL is not set. */
function heartbeatOf({ heartbeat, caFile }: Settings, log: Logger): Heartbeat | null {
  if (heartbeat === null) return null;
  return new Heartbeat({
    ...heartbeat,
    send: (outgoing) => send(outgoing, { caFile, patienceMs: PATIENCE_MS }),
    onProblem: (why) => log.warn({ why }, 'HEARTBEAT_URL did not take the sign of life; it is tried again at the next'),
    onRecovery: () => log.info('HEARTBEAT_URL takes signs of life again'),
  });
}

/** null = NOTIFY_URL is not set. */
function notifierOf({ notify, caFile }: Settings, log: Logger): Notifier | null {
  if (notify === null) return null;
  return new Notifier({
    ...notify,
    version: VERSION,
    send: (outgoing) => send(outgoing, { caFile, patienceMs: PATIENCE_MS }),
    onProblem: (why) => log.warn({ why }, 'NOTIFY_URL did not take the message; it is tried again'),
    onRecovery: () => log.info('NOTIFY_URL has taken the message'),
  });
}

/** What the environment lacks: without it the daemon runs, `down`, with this reason. */
function obstaclesOf(settings: Settings): readonly Obstacle[] {
  const { storage, streamKey } = settings;
  const obstacles: Obstacle[] = [];
  if (streamKey === null) {
    const message = 'no stream key: set YOUTUBE_STREAM_KEY or YOUTUBE_STREAM_KEY_FILE and restart';
    obstacles.push({ reason: 'StreamKeyMissing', message });
  }
  if (storage.kind === 'unconfigured')
    obstacles.push({ reason: 'StorageNotConfigured', message: storage.failure.message });
  return obstacles;
}
