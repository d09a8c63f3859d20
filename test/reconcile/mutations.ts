import type { DesiredSpec, Intent, MediaSource } from '../../src/reconcile/model/desired.ts';
import {
  type Backoff,
  type ItemMemory,
  type Memory,
  NO_MEMORY,
  NO_RECYCLE,
  type Stopping,
} from '../../src/reconcile/model/memory.ts';
import {
  fetched,
  type IngestProbe,
  type MediaTables,
  type RunExit,
  type Toolchain,
} from '../../src/reconcile/model/observation.ts';
import { absent, known, unknown } from '../../src/reconcile/model/observed.ts';
import type { PlayoutSpec } from '../../src/reconcile/model/playout.ts';
import type { MediaFailure, MediaFailureReason } from '../../src/reconcile/model/reasons.ts';
import type { PlayoutRun, UplinkRun } from '../../src/reconcile/model/run.ts';
import { paceHistory } from './pace-history.ts';
import { NO_PICTURE, NO_SOUND, streamsHistory } from './streams-history.ts';
import {
  answers,
  desiredOk,
  factsOf,
  failed,
  mediaTables,
  type Mutation,
  NOW_MS,
  ok,
  playoutRun,
  settled,
  slateOf,
  SPEC,
  STORE,
  type TestWorld,
  uplinkRun,
  waiterRun,
} from './world-builder.ts';

// --- processes

type Runs = { readonly uplinks: readonly UplinkRun[]; readonly playouts: readonly PlayoutRun[] };

export const withRuns = (world: TestWorld, change: (runs: Runs) => Runs): TestWorld => {
  const { runs } = world.observation;
  return runs.kind === 'known'
    ? { ...world, observation: { ...world.observation, runs: known(change(runs.value)) } }
    : world;
};

export const runsUnknown: Mutation = (world) => ({
  ...world,
  observation: { ...world.observation, runs: unknown('/proc cannot be read') },
});

export const uplinkIs =
  (change: Partial<UplinkRun>): Mutation =>
  (world) =>
    withRuns(world, (runs) => ({ ...runs, uplinks: runs.uplinks.map((run) => ({ ...run, ...change })) }));

const playoutIs =
  (place: 'holder' | 'waiter', change: (run: PlayoutRun) => PlayoutRun): Mutation =>
  (world) =>
    withRuns(world, (runs) => ({
      ...runs,
      playouts: runs.playouts.map((run) => (run.gate?.place === place ? change(run) : run)),
    }));

export const holderIs = (change: Partial<PlayoutRun>): Mutation =>
  playoutIs('holder', (run) => ({ ...run, ...change }));
export const waiterIs = (change: Partial<PlayoutRun>): Mutation =>
  playoutIs('waiter', (run) => ({ ...run, ...change }));

const without = (place: 'holder' | 'waiter'): Mutation => {
  return (world) =>
    withRuns(world, (runs) => ({ ...runs, playouts: runs.playouts.filter((run) => run.gate?.place !== place) }));
};

/** Somebody comes to stand in line where nobody did. */
export const waiterLines =
  (spec: PlayoutSpec, change: Partial<PlayoutRun> = {}): Mutation =>
  (world) =>
    withRuns(world, (runs) => ({ ...runs, playouts: [...runs.playouts, waiterRun(spec, change)] }));

export const uplinkDead: Mutation = (world) => withRuns(world, (runs) => ({ ...runs, uplinks: [] }));
export const holderDead: Mutation = without('holder');
/** Nobody stands in line, and nobody did: no death is to be accounted for. */
export const noWaiter: Mutation = (world) => {
  const { runs } = world.observation;
  const waiters = runs.kind === 'known' ? runs.value.playouts.filter((run) => run.gate?.place === 'waiter') : [];
  const gone = new Set(waiters.map(({ runId }) => runId));
  const playouts = Object.entries(world.memory.playouts).filter(([runId]) => !gone.has(runId));
  return talliesAre({ playouts: Object.fromEntries(playouts) })(without('waiter')(world));
};
export const nothingRuns: Mutation = (world) => withRuns(world, () => ({ uplinks: [], playouts: [] }));

/** The holder died and the kernel let the waiter through. */
export const waiterTookOver: Mutation = (world) =>
  withRuns(holderDead(world), (runs) => ({
    ...runs,
    playouts: runs.playouts.map((run) => ({ ...run, gate: run.gate && { ...run.gate, place: 'holder' as const } })),
  }));

export const duplicateUplink: Mutation = (world) =>
  withRuns(world, (runs) => ({
    ...runs,
    uplinks: [
      ...runs.uplinks,
      uplinkRun({ runId: 'u2', process: { pid: 111, startTicks: 1_110 }, startedAtMs: NOW_MS - 2_000 }),
    ],
  }));

export const secondWaiter: Mutation = (world) =>
  withRuns(world, (runs) => ({
    ...runs,
    playouts: [
      ...runs.playouts,
      waiterRun(slateOf(SPEC), {
        runId: 'q2',
        process: { pid: 311, startTicks: 3_110 },
        startedAtMs: NOW_MS - 1_000,
      }),
    ],
  }));

/** A playout that came up `ageMs` ago and has no place at the gate. */
export const unplaced =
  (spec: PlayoutSpec, ageMs: number): Mutation =>
  (world) =>
    withRuns(world, (runs) => ({
      ...runs,
      playouts: [
        ...runs.playouts,
        playoutRun(spec, {
          runId: 'p9',
          process: { pid: 291, startTicks: 2_910 },
          gate: null,
          progress: null,
          primed: false,
          startedAtMs: NOW_MS - ageMs,
        }),
      ],
    }));

export const unacked = (unackedMs: number): Mutation =>
  uplinkIs({ sendQueue: known({ queuedBytes: 90_000, unackedMs }) });

/** A line that has taken 0.63 of the stream for 20 s. */
export const lineThin: Mutation = uplinkIs({
  pace: paceHistory(NOW_MS, [{ seconds: 20 }, { seconds: 20, pace: 0.63, queuedBytes: 400_000 }]),
});
/** The playout has brought 0.7 of what is wanted for 20 s. */
export const inputThin: Mutation = uplinkIs({
  pace: paceHistory(NOW_MS, [{ seconds: 20 }, { seconds: 20, pace: 0.7, flow: 'starved' }]),
});
/** The same for so long that viewers are 36 s behind. */
export const inputFarBehind: Mutation = uplinkIs({
  pace: paceHistory(NOW_MS, [{ seconds: 20 }, { seconds: 120, pace: 0.7, flow: 'starved' }]),
});
/** The same, and the playout has read whatever the store gave. */
export const storeThin: Mutation = uplinkIs({
  pace: paceHistory(NOW_MS, [{ seconds: 20 }, { seconds: 20, pace: 0.7, flow: 'starved', hasReadAll: true }]),
});
/** The item on air has sent one stream alone for 4 s. */
export const pictureMissing: Mutation = uplinkIs({ streams: streamsHistory(NOW_MS, [{ seconds: 20 }, NO_PICTURE]) });
export const soundMissing: Mutation = uplinkIs({ streams: streamsHistory(NOW_MS, [{ seconds: 20 }, NO_SOUND]) });
/** A line that was too thin until viewers were 50 s behind, and now takes whatever comes. */
export const lineWideAgain: Mutation = uplinkIs({
  pace: paceHistory(NOW_MS, [
    { seconds: 100, pace: 0.5, queuedBytes: 400_000 },
    { seconds: 4, pace: 4, queuedBytes: 400_000 },
  ]),
});

const silent =
  (ms: number) =>
  <T extends UplinkRun | PlayoutRun>(run: T): T => ({
    ...run,
    progress: run.progress && { ...run.progress, advancedAtMs: NOW_MS - ms },
  });

export const uplinkSilent =
  (ms: number): Mutation =>
  (world) =>
    withRuns(world, (runs) => ({ ...runs, uplinks: runs.uplinks.map(silent(ms)) }));

export const uplinkFrozen: Mutation = (world) => uplinkSilent(2_500)(uplinkIs({ life: 'frozen' })(world));
export const uplinkConnecting = (forMs: number): Mutation =>
  uplinkIs({ progress: null, sendQueue: absent, startedAtMs: NOW_MS - forMs });
export const uplinkOfOtherSession: Mutation = uplinkIs({ specHash: 'ffffffffffff' });

export const holderPlays = (spec: PlayoutSpec, outTimeMs?: number): Mutation =>
  playoutIs('holder', () => playoutRun(spec, {}, outTimeMs));
export const holderIsSlate: Mutation = (world) => noWaiter(holderPlays(slateOf(SPEC))(world));
export const holderSilent = (ms: number): Mutation => playoutIs('holder', silent(ms));
export const holderStarved: Mutation = playoutIs('holder', (run) => ({
  ...run,
  gate: run.gate && { ...run.gate, flow: 'starved' },
}));
export const holderFrozen: Mutation = (world) => holderSilent(3_000)(holderIs({ life: 'frozen' })(world));
export const waiterPlays = (spec: PlayoutSpec, change: Partial<PlayoutRun> = {}): Mutation =>
  playoutIs('waiter', () => waiterRun(spec, change));

/** The holder has this much left to write. */
export const itemNearEnd = (leftMs = 10_000): Mutation =>
  playoutIs('holder', (run) => ({
    ...run,
    progress: run.progress && {
      ...run.progress,
      outTimeMs: (run.record?.kind === 'item' ? (run.record.lengthMs ?? 0) : 0) - leftMs,
    },
  }));

export const exited =
  (exit: Partial<RunExit> & Pick<RunExit, 'runId' | 'role'>): Mutation =>
  (world) => ({
    ...world,
    observation: {
      ...world.observation,
      exits: [...world.observation.exits, { code: 1, signal: null, outTimeMs: null, lastError: null, ...exit }],
    },
  });

// --- wishes

export const specEdited =
  (change: Partial<DesiredSpec>): Mutation =>
  (world) => {
    const spec = { ...(world.observation.desired.accepted?.spec ?? SPEC), ...change };
    return { ...world, observation: { ...world.observation, desired: desiredOk(spec, 'bbbbbbbbbbbb') } };
  };

export const mediaEdited = (...keys: readonly string[]): Mutation => specEdited({ media: { kind: 'list', keys } });
export const prefixWished = specEdited({ media: { kind: 'prefix', prefix: 'loops/' } });
export const bitrateEdited: Mutation = specEdited({ bitrateKbps: 4_500 });
export const resolutionEdited: Mutation = specEdited({ resolution: { width: 1920, height: 1080 } });
export const stopWished: Mutation = specEdited({ running: false });

const PROBLEM = { line: 3, column: 1, message: 'unknown key "bitrat"; did you mean bitrate?' };

export const desiredInvalid: Mutation = (world) => ({
  ...world,
  observation: {
    ...world.observation,
    desired: { ...world.observation.desired, file: { kind: 'invalid', hash: 'cccccccccccc', problems: [PROBLEM] } },
  },
});

export const desiredMissing: Mutation = (world) => ({
  ...world,
  observation: {
    ...world.observation,
    desired: { ...world.observation.desired, file: { kind: 'missing', message: 'there is no desired.yaml' } },
  },
});

/** There never was a good file. */
export const nothingAccepted: Mutation = (world) => ({
  ...world,
  observation: { ...world.observation, desired: { ...world.observation.desired, accepted: null } },
});

export const intent =
  (wished: Intent): Mutation =>
  (world) => ({ ...world, settings: { ...world.settings, intent: wished } });

export const shuttingDown: Mutation = intent('stop');

const RECYCLE_NAME = '0 4 * * * UTC';

/** `recycle` is wished; it fires next after so long, and after `everyMs` again. */
export const recycleWished =
  ({ nextInMs, everyMs = 86_400_000 }: { readonly nextInMs: number; readonly everyMs?: number }): Mutation =>
  (world) => {
    const { accepted } = world.observation.desired;
    const desired = desiredOk({ ...(accepted?.spec ?? SPEC), recycle: '0 4 * * *' }, accepted?.hash ?? 'aaaaaaaaaaaa');
    const nextWallMs = world.now.wallMs + nextInMs;
    const recycle = { name: RECYCLE_NAME, nextWallMs, followingWallMs: nextWallMs + everyMs };
    return { ...world, observation: { ...world.observation, desired, recycle } };
  };

/** The firing that was waited for has come this moment, and the broadcast is so old. */
export const recycleDue =
  (ageMs: number): Mutation =>
  (world) =>
    talliesAre({
      recycle: { ...NO_RECYCLE, dueWallMs: world.now.wallMs, dueFor: RECYCLE_NAME },
      broadcast: { sinceMs: NOW_MS - ageMs, seenMs: NOW_MS - 1_000 },
    })(recycleWished({ nextInMs: 86_400_000 })(world));

/** A pause has this much left; negative = it has been over for so long. */
export const recyclePaused =
  (leftMs: number): Mutation =>
  (world) =>
    talliesAre({
      recycle: {
        dueWallMs: world.now.wallMs + 86_400_000,
        dueFor: RECYCLE_NAME,
        pausedUntilMs: leftMs > 0 ? NOW_MS + leftMs : null,
        resumedAtMs: leftMs > 0 ? null : NOW_MS + leftMs,
      },
    })(recycleWished({ nextInMs: 86_400_000 })(world));

/** Slate and visual are wished, and these copies of them are on this machine. */
export const sceneryWished =
  (wished: { readonly slate?: string; readonly visual?: MediaSource }, ...copied: readonly string[]): Mutation =>
  (world) => {
    const accepted = world.observation.desired.accepted;
    const desired = desiredOk({ ...(accepted?.spec ?? SPEC), ...wished }, accepted?.hash ?? 'aaaaaaaaaaaa');
    const { media } = world.observation;
    const copies = new Map(copied.map((key) => [key, ok({ facts: factsOf(key), path: `copies/${key}` })]));
    return { ...world, observation: { ...world.observation, desired, media: { ...media, copies } } };
  };

// --- surroundings

export const mediaIs =
  (media: MediaTables): Mutation =>
  (world) => ({ ...world, observation: { ...world.observation, media } });

export const STORAGE_FAILURE: MediaFailure = {
  reason: 'StorageUnreachable',
  message: 'the store does not answer: check STORAGE_ENDPOINT and the network',
};

export const storageDown: Mutation = mediaIs({
  facts: answers(() => failed(STORAGE_FAILURE)),
  listings: answers(() => failed(STORAGE_FAILURE)),
  copies: answers(() => failed(STORAGE_FAILURE)),
  clips: new Map(),
});

export const mediaPending: Mutation = mediaIs({
  facts: new Map(),
  listings: new Map(),
  copies: new Map(),
  clips: new Map(),
});

/** These keys fail with this reason, all others are as in the healthy store. */
export const mediaFails = (reason: MediaFailureReason, ...keys: readonly string[]): Mutation =>
  mediaIs({
    ...STORE,
    facts: answers((key) =>
      keys.includes(key) ? failed({ reason, message: `${key} cannot be used` }) : fetched(STORE.facts, key),
    ),
  });

export const emptyPrefix: Mutation = mediaIs(mediaTables({}, { 'loops/': { kind: 'ok', value: [], atMs: NOW_MS } }));

const ingest =
  (probe: IngestProbe): Mutation =>
  (world) => ({ ...world, observation: { ...world.observation, ingest: probe } });

export const ingestRefusing: Mutation = ingest({ kind: 'refuses', atMs: NOW_MS - 500, message: 'ECONNREFUSED' });
export const ingestAccepting: Mutation = ingest({ kind: 'accepts', atMs: NOW_MS - 500 });

export const toolchainIs =
  (state: Toolchain): Mutation =>
  (world) => ({ ...world, observation: { ...world.observation, toolchain: state } });

export const toolchainMissing: Mutation = toolchainIs({
  kind: 'unusable',
  reason: 'FfmpegMissing',
  message: 'no ffmpeg on PATH: install it',
});
export const toolchainChecking: Mutation = toolchainIs({ kind: 'checking' });

export const streamKeyMissing: Mutation = (world) => ({
  ...world,
  settings: { ...world.settings, target: null },
  observation: {
    ...world.observation,
    obstacles: [{ reason: 'StreamKeyMissing', message: 'set YOUTUBE_STREAM_KEY' }],
  },
});

/** The machine has slept since the last look. */
export const suspendedFor =
  (ms: number): Mutation =>
  (world) => ({
    ...world,
    observation: { ...world.observation, suspendedMs: (world.observation.suspendedMs ?? 0) + ms },
  });

// --- memory

export const talliesAre =
  (change: Partial<Memory>): Mutation =>
  (world) => ({ ...world, memory: { ...world.memory, ...change } });

const uplinkBackoff =
  (change: Partial<Backoff>, refused = false): Mutation =>
  (world) => {
    const { uplink } = world.memory;
    const backoff = { ...uplink.backoff, ...change };
    return talliesAre({
      uplink: { backoff, current: null, lastFailure: 'uplink exit 1: Connection refused', ingestRefused: refused },
    })(world);
  };

/** It failed young, and the ingest was not to blame; the wait is over. */
export const uplinkFailed: Mutation = (world) =>
  talliesAre({
    uplink: {
      backoff: { ...world.memory.uplink.backoff, failures: 1, step: 1, notBeforeMs: NOW_MS - 1 },
      current: null,
      lastFailure: 'uplink exit 1: dimensions not set',
      ingestRefused: false,
    },
  })(world);

export const backoffWaiting: Mutation = uplinkBackoff({ failures: 1, step: 1, notBeforeMs: NOW_MS + 20_000 });
export const backoffWaitingOnRefusal: Mutation = uplinkBackoff(
  { failures: 1, step: 1, notBeforeMs: NOW_MS + 20_000 },
  true,
);
export const retriesExhausted: Mutation = uplinkBackoff({ failures: 3, step: 2, notBeforeMs: NOW_MS - 1 });

export const itemWaits =
  (key: string, failures = 2, change: Partial<ItemMemory> = {}): Mutation =>
  (world) =>
    talliesAre({
      items: {
        ...world.memory.items,
        [key]: {
          failures,
          step: 1,
          notBeforeMs: NOW_MS + 25_000,
          deathsAtMs: [NOW_MS - 5_000],
          endedEarlyAtMs: null,
          storeFailed: false,
          suspicion: null,
          missing: null,
          tooSlow: null,
          ...change,
        },
      },
    })(world);

export const beingStopped =
  (runId: string, change: Partial<Stopping> = {}): Mutation =>
  (world) =>
    talliesAre({
      stopping: {
        ...world.memory.stopping,
        [runId]: { manner: 'graceful', sinceMs: NOW_MS - 1_200, signals: 1, reason: 'off air is wished', ...change },
      },
    })(world);

/** Time passes; what runs goes on as before. */
export const after =
  (ms: number): Mutation =>
  (world) => ({
    ...world,
    now: { monoMs: world.now.monoMs + ms, wallMs: world.now.wallMs + ms, nonce: `${world.now.nonce}x` },
  });

/** The planner has seen this run without a place at the gate for so long. */
export const unplacedFor =
  (runId: string, forMs: number): Mutation =>
  (world) => {
    const { playouts } = settled(world).memory;
    const tally = playouts[runId];
    if (tally === undefined) throw new Error(`${runId} is not there`);
    return talliesAre({ playouts: { ...playouts, [runId]: { ...tally, unplacedSinceMs: NOW_MS - forMs } } })(world);
  };

/** The planner has looked at it before. */
export const seenBefore: Mutation = (world) => settled(world);

/** A daemon that knows nothing yet. */
export const freshDaemon: Mutation = (world) => ({ ...world, memory: NO_MEMORY });
