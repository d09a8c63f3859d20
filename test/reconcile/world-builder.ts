import { NO_LOGIN } from '../../src/reconcile/model/youtube/youtube.ts';
import type { DesiredSpec } from '../../src/reconcile/model/desired.ts';
import type { ItemFacts, ListedObject } from '../../src/reconcile/model/item.ts';
import { type Memory, NO_MEMORY } from '../../src/reconcile/model/memory.ts';
import type { Fetched, MediaTables, Moment, Observation } from '../../src/reconcile/model/observation.ts';
import { known } from '../../src/reconcile/model/observed.ts';
import type { Plan } from '../../src/reconcile/model/plan.ts';
import { NO_ARTWORK, type PlayoutSpec } from '../../src/reconcile/model/playout.ts';
import type { Cursor } from '../../src/reconcile/model/programme.ts';
import type { MediaFailure } from '../../src/reconcile/model/reasons.ts';
import type { PlayoutRun, UplinkRun } from '../../src/reconcile/model/run.ts';
import { plan, type PlanSettings } from '../../src/reconcile/plan.ts';
import { playoutHash, sessionHash } from '../../src/reconcile/playout/hashes.ts';
import { recordOf } from '../../src/reconcile/playout/record.ts';
import { itemSpec, type RunBudget, slateSpec } from '../../src/reconcile/playout/spec.ts';

/** Everything one pass of the planner is given. */
export interface TestWorld {
  readonly settings: PlanSettings;
  readonly observation: Observation;
  readonly memory: Memory;
  readonly now: Moment;
}

/** One named deviation from a world. */
export type Mutation = (world: TestWorld) => TestWorld;

/** The world with these deviations, one after the other. */
export const mutate = (world: TestWorld, ...mutations: readonly Mutation[]): TestWorld =>
  mutations.reduce((changed, mutation) => mutation(changed), world);

/** What the planner makes of it. */
export const planOf = ({ settings, observation, memory, now }: TestWorld): Plan =>
  plan(settings, observation, memory, now);

/** This world after the planner has looked at it, `passes` times in the same moment: its memory knows what is there. */
export function settled(world: TestWorld, passes = 2): TestWorld {
  let settledWorld = world;
  for (let pass = 0; pass < passes; pass++) {
    settledWorld = { ...settledWorld, memory: planOf(settledWorld).memory };
  }
  return settledWorld;
}

export const NOW_MS = 10_000_000;
export const WALL_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
export const MINUTE_MS = 60_000;

export const SPEC: DesiredSpec = {
  running: true,
  media: { kind: 'list', keys: ['rain.mp4', 'snow.mp4', 'wind.mp4'] },
  bitrateKbps: 3_000,
  resolution: { width: 1280, height: 720 },
  fps: 30,
  encode: 'auto',
  order: 'listed',
  slate: null,
  visual: null,
  recycle: null,
  recyclePauseMs: 90_000,
  timezone: 'UTC',
  broadcast: null,
};

export const SETTINGS: PlanSettings = {
  policy: { delayMs: 30_000, maxRetries: 3 },
  urlTtlMs: 604_800_000,
  target: { url: 'rtmp://ingest.example/live2', keyDigest: '0123456789abcdef' },
  stateId: '00112233aabbccdd',
  youTubePollMs: 60_000,
  intent: 'run',
};

/** A ten-minute item that has to be encoded. */
export const factsOf = (key: string, change: Partial<ItemFacts> = {}): ItemFacts => ({
  key,
  version: `${key} v1`,
  sizeBytes: 225_000_000,
  durationS: 600,
  formatName: 'matroska,webm',
  video: {
    codec: 'vp9',
    profile: 'Profile 0',
    pixelFormat: 'yuv420p',
    width: 1920,
    height: 1080,
    sampleAspect: 1,
    fps: 25,
    variableFrameRate: false,
    progressive: true,
    bitrateKbps: 2_800,
    maxKeyframeGapS: 2,
    still: false,
    rotation: 0,
    hasBFrames: 2,
    startTimeS: 0,
  },
  audio: { codec: 'opus', profile: '', sampleRateHz: 48_000, channels: 2 },
  ...change,
});

/** An item already in the house format of `SPEC`. */
export function copyableFacts(key: string, change: Partial<ItemFacts> = {}): ItemFacts {
  const { video } = factsOf(key);
  return factsOf(key, {
    formatName: 'mov,mp4,m4a,3gp,3g2,mj2',
    video: video === null ? null : { ...video, codec: 'h264', profile: 'High', width: 1280, height: 720, fps: 30 },
    audio: { codec: 'aac', profile: 'LC', sampleRateHz: 44_100, channels: 2 },
    ...change,
  });
}

export const ok = <T>(value: T, atMs = NOW_MS - 5_000): Fetched<T> => ({ kind: 'ok', value, atMs });
export const pending = { kind: 'pending' } as const;
export const failed = (failure: MediaFailure, atMs = NOW_MS - 5_000): Fetched<never> => ({
  kind: 'failed',
  failure,
  atMs,
  lastGood: null,
});

/** A table with an answer about every name. */
class Answers<T> extends Map<string, Fetched<T>> {
  readonly #of: (name: string) => Fetched<T>;

  constructor(of: (name: string) => Fetched<T>) {
    super();
    this.#of = of;
  }

  override get(name: string): Fetched<T> {
    return this.#of(name);
  }
}

export const answers = <T>(of: (name: string) => Fetched<T>): ReadonlyMap<string, Fetched<T>> => new Answers(of);

/** A store that answers from these tables; what they lack was not found. */
export function mediaTables(
  facts: Readonly<Record<string, Fetched<ItemFacts>>>,
  listings: Readonly<Record<string, Fetched<readonly ListedObject[]>>> = {},
): MediaTables {
  const notFound = (what: string): Fetched<never> =>
    failed({ reason: 'MediaNotFound', message: `no object ${JSON.stringify(what)}` });
  const find = <T>(table: Readonly<Record<string, Fetched<T>>>, name: string): Fetched<T> =>
    (Object.hasOwn(table, name) ? table[name] : undefined) ?? notFound(name);
  return {
    facts: answers((key) => find(facts, key)),
    listings: answers((prefix) => find(listings, prefix)),
    copies: answers(notFound),
    clips: new Map(),
  };
}

export const listed = (keys: readonly string[]): Fetched<readonly ListedObject[]> =>
  ok(keys.map((key) => ({ key, version: `${key} v1`, sizeBytes: 1_000 })));

export const STORE: MediaTables = mediaTables({
  'rain.mp4': ok(factsOf('rain.mp4')),
  'snow.mp4': ok(factsOf('snow.mp4')),
  'wind.mp4': ok(factsOf('wind.mp4')),
});

/** An uplink in its hundredth minute whose bytes are acknowledged. */
export const uplinkRun = (change: Partial<UplinkRun> = {}): UplinkRun => ({
  role: 'uplink',
  runId: 'u1',
  specHash: SETTINGS.target === null ? '' : sessionHash(SETTINGS.target, SPEC),
  ffmpegPid: 101,
  process: { pid: 101, startTicks: 1_010 },
  life: 'running',
  startedAtMs: NOW_MS - 100 * MINUTE_MS,
  progress: {
    outTimeMs: 100 * MINUTE_MS,
    totalBytes: 2_250_000_000,
    advancedAtMs: NOW_MS - 200,
    firstAtMs: NOW_MS - 100 * MINUTE_MS + 1_000,
    ended: false,
  },
  lastError: null,
  sendQueue: known({ queuedBytes: 20_000, unackedMs: 0 }),
  pace: null,
  streams: null,
  ...change,
});

/** A playout of this spec on air, as far as `outTimeMs` and in good health. */
export const playoutRun = (spec: PlayoutSpec, change: Partial<PlayoutRun> = {}, outTimeMs = MINUTE_MS): PlayoutRun => ({
  role: 'playout',
  starving: null,
  encodePace: null,
  sent: null,
  runId: 'p1',
  specHash: playoutHash(spec),
  ffmpegPid: 201,
  process: { pid: 201, startTicks: 2_010 },
  life: 'running',
  startedAtMs: NOW_MS - outTimeMs - 1_000,
  progress: {
    outTimeMs,
    totalBytes: outTimeMs * 400,
    advancedAtMs: NOW_MS - 100,
    firstAtMs: NOW_MS - outTimeMs,
    ended: false,
  },
  lastError: null,
  record: recordOf(spec),
  gate: { pid: 202, startTicks: 2_011, place: 'holder', flow: 'held' },
  reservoir: null,
  isClogged: false,
  end: null,
  primed: true,
  ...change,
});

/** The playout in line behind the one on air. */
export const waiterRun = (spec: PlayoutSpec, change: Partial<PlayoutRun> = {}): PlayoutRun =>
  playoutRun(
    spec,
    {
      runId: 'q1',
      ffmpegPid: 301,
      process: { pid: 301, startTicks: 3_010 },
      gate: { pid: 302, startTicks: 3_011, place: 'waiter', flow: 'held' },
      startedAtMs: NOW_MS - 5_000,
      ...change,
    },
    500,
  );

/** The built-in slate that fits this wish. */
export const slateOf = (desired: DesiredSpec): PlayoutSpec => slateSpec(desired, NO_ARTWORK);

/** The playout for this place, without anything to show under an item that has no picture. */
export const playedAs = (facts: ItemFacts, desired: DesiredSpec, cursor: Cursor, budget: RunBudget): PlayoutSpec =>
  itemSpec(facts, desired, cursor, budget, NO_ARTWORK);

/** The spec of one of the programme's items, at an offset. */
export const itemAt = (key: string, index: number, offsetMs = 0, desired: DesiredSpec = SPEC): PlayoutSpec =>
  playedAs(factsOf(key), desired, { round: 0, index, key, offsetMs }, { urlTtlMs: SETTINGS.urlTtlMs, sole: false });

export const desiredOk = (spec: DesiredSpec, hash: string): Observation['desired'] => ({
  file: { kind: 'ok', hash, spec },
  accepted: { hash, spec },
});

/** On air as wished: the uplink lives, an item of the programme plays, the slate stands in line. */
export function healthyWorld(): TestWorld {
  return settled({
    settings: SETTINGS,
    observation: {
      desired: desiredOk(SPEC, 'aaaaaaaaaaaa'),
      runs: known({
        uplinks: [uplinkRun()],
        playouts: [playoutRun(itemAt('rain.mp4', 0)), waiterRun(slateOf(SPEC))],
      }),
      suspendedMs: 0,
      exits: [],
      media: STORE,
      toolchain: { kind: 'ready', version: '7.1.5', keyDelivery: 'preset', toneMapping: true },
      mbuffer: 'atHand',
      ingest: { kind: 'idle' },
      recycle: null,
      youtube: NO_LOGIN,
      obstacles: [],
      notifier: null,
    },
    memory: NO_MEMORY,
    now: { monoMs: NOW_MS, wallMs: WALL_MS, nonce: 'n1' },
  });
}
