import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { liveOn, newSession, openStage, type Stage } from '../chaos/stage.ts';
import { IngestLedger } from './ingest-ledger.ts';
import type { SoakFigures } from './soak-report.ts';
import { seededRandom, SOAK_FAULTS, type SoakFault } from './soak-faults.ts';
import { Supervisor } from './supervisor.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Told of every fault as it happens. */
  readonly tell: (line: string) => void;
  /** Ends the run before its time: it rejects with the signal's reason, and nothing of it is left. */
  readonly signal?: AbortSignal;
}

/** The first part of the run ends daemons too; over the rest the memory of the last one is watched. */
const DAEMON_FAULTS_UNTIL = 0.35;
const READ_EVERY_MS = 500;
const RECOVERY_LIMIT_MS = 90_000;
const MOST_SILENT_MS = 1_500;
const STEADY_MS = 4_000;
/** The last fault is this long before the end. */
const CALM_MS = 15_000;

/** Plays a list of unlike media through a seeded schedule of faults, and adds up what the ingest saw. */
export async function runSoak({ minutes, seed, tell, signal }: SoakOptions): Promise<SoakFigures> {
  const stage = await openStage({ record: false });
  const supervisor = new Supervisor(stage, { LOG_LEVEL: 'info', WORKER_RETRY_DELAY: '1' });
  const ledger = new IngestLedger(stage.sink);
  const reading = setInterval(() => ledger.read(), READ_EVERY_MS);
  try {
    await uploadUnlike(stage);
    signal?.throwIfAborted();
    await supervisor.start();
    await newSession(stage.sink, 0, 30_000);
    await liveOn(supervisor.daemon);
    return await Promise.race([strikeAndCount({ minutes, seed, tell }, stage, supervisor, ledger), abortOf(signal)]);
  } finally {
    clearInterval(reading);
    await supervisor.stop();
    await stage.close();
  }
}

/** Never fulfilled; rejected once the signal is given. */
function abortOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const give = (): void => reject(signal?.reason as Error);
    if (signal?.aborted === true) give();
    else signal?.addEventListener('abort', give, { once: true });
  });
}

async function strikeAndCount(
  { minutes, seed, tell }: SoakOptions,
  stage: Stage,
  supervisor: Supervisor,
  ledger: IngestLedger,
): Promise<SoakFigures> {
  const random = seededRandom(seed);
  const lengthMs = minutes * 60_000;
  const beganMs = performance.now();
  const passedMs = (): number => performance.now() - beganMs;
  const strikes: { name: string; atMs: number; recoveryMs: number | null }[] = [];
  let first = supervisor.footprint();
  let watchedStart = 0;
  let mostStateBytes = 0;

  while (passedMs() < lengthMs - CALM_MS) {
    ledger.during = 'nothing';
    // Between faults: long enough to be healthy now and then, not always.
    await sleep(Math.min(4000 + random() * (minutes > 10 ? 56_000 : 14_000), lengthMs - passedMs()));
    mostStateBytes = Math.max(mostStateBytes, directoryBytes(stage.stateDir));
    const settled = passedMs() > lengthMs * DAEMON_FAULTS_UNTIL;
    if (settled && watchedStart !== supervisor.starts) {
      watchedStart = supervisor.starts;
      first = supervisor.footprint();
    }
    if (passedMs() > lengthMs - CALM_MS) break;
    const fault = pick(random, settled);
    const atMs = Math.round(passedMs());
    ledger.during = fault.name;
    await fault.strike({ stage, supervisor }).catch((error: unknown) => tell(`${fault.name}: ${String(error)}`));
    const recoveryMs = await recovery(supervisor, ledger);
    strikes.push({ name: fault.name, atMs, recoveryMs });
    tell(
      `${(atMs / 1000).toFixed(0)} s: ${fault.name}; ${recoveryMs === null ? 'NOT' : `${recoveryMs} ms later`} live again`,
    );
  }
  ledger.during = 'nothing';
  await sleep(Math.max(0, lengthMs - passedMs()));
  ledger.read();
  const report = await supervisor.daemon.health().catch(() => null);
  return {
    minutes,
    seed,
    strikes,
    sessions: ledger.sessions,
    mostPublishers: stage.sink.maxConcurrentPublishers,
    pauses: ledger.pauses,
    steps: ledger.steps,
    offAirMs: Math.round(ledger.offAirMs),
    frames: ledger.frames,
    worstOffsetMs: ledger.worstOffsetMs,
    silentAtEndMs: Math.round(ledger.silentMs),
    statusAtEnd: report?.status ?? 'no answer',
    restarts: report?.restarts.count ?? 0,
    daemonStarts: supervisor.starts,
    daemonExits: supervisor.exits,
    footprints: { first, last: supervisor.footprint() },
    stateBytes: { most: mostStateBytes, last: directoryBytes(stage.stateDir) },
    processesAtEnd: supervisor.daemon.runs().length,
  };
}

/**
 * How long after now it was `live` with frames arriving, for good: steadily for longer than any fault goes unnoticed.
 * null = not within the limit.
 */
async function recovery(supervisor: Supervisor, ledger: IngestLedger): Promise<number | null> {
  const beganMs = performance.now();
  let steadyMs: number | null = null;
  while (performance.now() < beganMs + RECOVERY_LIMIT_MS) {
    const report = await supervisor.daemon.health().catch(() => null);
    const isWell = report?.status === 'live' && report.playout?.item !== null && ledger.silentMs < MOST_SILENT_MS;
    steadyMs = isWell ? (steadyMs ?? performance.now()) : null;
    if (steadyMs !== null && performance.now() - steadyMs > STEADY_MS) return Math.round(steadyMs - beganMs);
    await sleep(200);
  }
  return null;
}

function pick(random: () => number, settled: boolean): SoakFault {
  const choice = SOAK_FAULTS.filter(({ endsDaemon }) => !(settled && endsDaemon === true));
  return choice[Math.floor(random() * choice.length)]!;
}

/** Copied and encoded, with and without B-frames, silence and stereo, wide and narrow, moving and still. */
async function uploadUnlike(stage: Stage): Promise<void> {
  await stage.upload('red.mp4', { color: 'red', seconds: 12 });
  await stage.upload('moving.mp4', { pattern: 'testsrc2', seconds: 15, bFrames: 0 });
  await stage.upload('square.mp4', { color: 'lime', seconds: 8, size: '360x360', fps: 25, audio: 'none' });
  await stage.upload('mono.mkv', { color: 'blue', seconds: 9, container: 'mkv', channels: 1, sampleRateHz: 48_000 });
  await stage.upload('sound.m4a', { pattern: 'none', seconds: 7, container: 'm4a' });
  stage.wish({ media: '[red.mp4, moving.mp4, square.mp4, mono.mkv, sound.m4a]' });
}

function directoryBytes(dir: string): number {
  try {
    return readdirSync(dir).reduce(
      (sum, name) => sum + (statSync(join(dir, name), { throwIfNoEntry: false })?.blocks ?? 0) * 512,
      0,
    );
  } catch {
    return 0;
  }
}
