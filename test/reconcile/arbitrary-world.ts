import { NO_LOGIN } from '../../src/reconcile/model/youtube/youtube.ts';
import fc from 'fast-check';
import type { DesiredFile, DesiredSpec } from '../../src/reconcile/model/desired.ts';
import type { ItemFacts } from '../../src/reconcile/model/item.ts';
import type { Fetched, MediaTables, Moment, Observation, RunExit } from '../../src/reconcile/model/observation.ts';
import { absent, known, unknown } from '../../src/reconcile/model/observed.ts';
import type { PlayoutRun, Progress, Reservoir, UplinkRun } from '../../src/reconcile/model/run.ts';
import { playoutHash, sessionHash } from '../../src/reconcile/playout/hashes.ts';
import { recordOf } from '../../src/reconcile/playout/record.ts';
import { STORAGE_FAILURE } from './mutations.ts';
import {
  copyableFacts,
  factsOf,
  failed,
  listed,
  NOW_MS,
  ok,
  pending,
  playedAs,
  SETTINGS,
  slateOf,
  SPEC,
  WALL_MS,
} from './world-builder.ts';

/** Keys as a bucket may hold them. */
export const KEYS = ['rain.mp4', 'snow.mp4', 'wind.mp4', "it's\n.mp4", '__proto__', '-i', '長い.mkv', '42'] as const;
const PREFIX = 'loops/';

const key = fc.constantFrom(...KEYS);

/** Few sizes and rates, so that runs and wishes often agree. */
const spec: fc.Arbitrary<DesiredSpec> = fc.record({
  running: fc.constantFrom(true, true, true, false),
  media: fc.oneof(
    key.map((one) => ({ kind: 'key' as const, key: one })),
    fc.array(key, { minLength: 1, maxLength: 6 }).map((keys) => ({ kind: 'list' as const, keys })),
    fc.constant({ kind: 'prefix' as const, prefix: PREFIX }),
  ),
  bitrateKbps: fc.constantFrom(3_000, 3_000, 100, 51_000),
  resolution: fc.constantFrom(SPEC.resolution, SPEC.resolution, { width: 1920, height: 1080 }),
  fps: fc.constantFrom(30, 30, 29.97),
  encode: fc.constantFrom('auto', 'copy', 'transcode'),
  order: fc.constantFrom('listed', 'shuffled'),
  slate: fc.constant(null),
  visual: fc.constant(null),
  recycle: fc.constant(null),
  recyclePauseMs: fc.constant(90_000),
  timezone: fc.constant('UTC'),
  broadcast: fc.constant(null),
});

const desired: fc.Arbitrary<Observation['desired']> = fc
  .tuple(fc.constantFrom('ok', 'ok', 'ok', 'invalid', 'missing'), spec, fc.option(spec, { freq: 4 }))
  .map(([kind, wished, earlier]) => {
    const accepted = earlier === null ? null : { hash: 'eeeeeeeeeeee', spec: earlier };
    const bad: DesiredFile =
      kind === 'invalid'
        ? { kind, hash: 'bad0bad0bad0', problems: [{ line: 1, column: 1, message: 'no' }] }
        : { kind: 'missing', message: 'none' };
    if (kind !== 'ok') return { file: bad, accepted };
    return { file: { kind, hash: 'aaaaaaaaaaaa', spec: wished }, accepted: { hash: 'aaaaaaaaaaaa', spec: wished } };
  });

/** A time before now, often near one of the planner's limits. */
const ago = fc.constantFrom(0, 100, 900, 2_100, 3_100, 4_600, 5_100, 8_100, 21_000, 61_000, 700_000, 2_100_000_000);

const progress = (nowMs: number): fc.Arbitrary<Progress | null> =>
  fc.option(
    fc
      .tuple(fc.constantFrom(0, 400, 2_500, 60_000, 585_000, 600_000), ago, ago, fc.boolean(), fc.boolean())
      .map(([outTimeMs, advanced, first, seen, ended]) => ({
        outTimeMs,
        totalBytes: outTimeMs * 400,
        advancedAtMs: nowMs - advanced,
        firstAtMs: seen ? nowMs - Math.max(first, advanced) : null,
        ended,
      })),
    { freq: 5 },
  );

const life = fc.constantFrom('running', 'running', 'running', 'frozen', 'draining') as fc.Arbitrary<PlayoutRun['life']>;

const uplink = (nth: number, nowMs: number): fc.Arbitrary<UplinkRun> =>
  fc
    .tuple(spec, progress(nowMs), ago, fc.option(ago, { freq: 5 }), life)
    .map(([desired, seen, age, unackedMs, lives]) => ({
      role: 'uplink',
      runId: `u${nth}`,
      specHash: SETTINGS.target === null ? '' : sessionHash(SETTINGS.target, desired),
      process: { pid: 100 + nth, startTicks: 1_000 + nth },
      ffmpegPid: 100 + nth,
      life: lives === 'draining' ? 'running' : lives,
      startedAtMs: nowMs - age,
      progress: seen,
      lastError: null,
      sendQueue:
        unackedMs === null
          ? absent
          : unackedMs === 100
            ? unknown('EIO')
            : known({ queuedBytes: unackedMs === 0 ? 0 : 9_000, unackedMs }),
      pace: null,
      streams: null,
    }));

const FACTS: Readonly<Record<string, ItemFacts>> = Object.fromEntries(
  KEYS.map((name, nth) => [
    name,
    nth % 2 === 0 ? factsOf(name) : copyableFacts(name, { durationS: nth === 3 ? null : 45 }),
  ]),
);

const reservoir = (nth: number, fill: number): Reservoir => ({
  pid: 250 + nth,
  startTicks: 2_050 + nth,
  sizeBytes: 9_000_000,
  bytes: { read: 20_000_000, written: 20_000_000 - fill * 9_000_000 },
});

const playout = (nth: number, nowMs: number): fc.Arbitrary<PlayoutRun> =>
  fc
    .record({
      desired: spec,
      name: fc.option(key, { freq: 3 }),
      place: fc.constantFrom('holder', 'holder', 'waiter', 'neither', null),
      flow: fc.constantFrom('held', 'starved', 'moving'),
      seen: progress(nowMs),
      age: ago,
      offsetMs: fc.constantFrom(0, 30_000, 599_000),
      index: fc.nat(5),
      lives: life,
      primed: fc.boolean(),
      fill: fc.option(fc.constantFrom(0, 0.05, 0.5, 1), { freq: 2 }),
      isClogged: fc.constantFrom(false, false, false, true),
      isEndKnown: fc.boolean(),
      recorded: fc.constantFrom(true, true, true, true, false),
    })
    .map(
      ({
        desired,
        name,
        place,
        flow,
        seen,
        age,
        offsetMs,
        index,
        lives,
        primed,
        fill,
        isClogged,
        isEndKnown,
        recorded,
      }): PlayoutRun => {
        const facts = name === null ? undefined : FACTS[name];
        const cursor = { round: 0, index, key: name ?? '', offsetMs };
        const played =
          facts === undefined
            ? slateOf(desired)
            : playedAs(facts, desired, cursor, { urlTtlMs: SETTINGS.urlTtlMs, sole: false });
        return {
          role: 'playout',
          starving:
            age > 8_000 && flow === 'starved' ? { sinceMs: nowMs - 7_000, outTimeMs: 0, readBytes: 19_000_000 } : null,
          encodePace: null,
          sent: null,
          runId: `p${nth}`,
          specHash: playoutHash(played),
          process: { pid: 200 + nth, startTicks: 2_000 + nth },
          ffmpegPid: 200 + nth,
          life: lives,
          reservoir: fill === null || played.kind === 'slate' ? null : reservoir(nth, fill),
          isClogged,
          end: lives === 'draining' && isEndKnown ? { code: 0, signal: null } : null,
          startedAtMs: nowMs - age,
          progress: seen,
          lastError: null,
          record: recorded ? recordOf(played) : null,
          gate: place === null ? null : { pid: 300 + nth, startTicks: 3_000 + nth, place, flow },
          primed,
        };
      },
    );

const exit: fc.Arbitrary<RunExit> = fc.record({
  runId: fc.constantFrom('u0', 'u1', 'p0', 'p1', 'p2', 'p9'),
  role: fc.constantFrom('uplink', 'playout'),
  code: fc.constantFrom(0, 1, 255, null),
  signal: fc.constantFrom(null, null, 'SIGKILL'),
  outTimeMs: fc.constantFrom(null, 0, 500, 30_000, 600_000),
  lastError: fc.constantFrom(null, 'Connection refused'),
});

const facts = (name: string): fc.Arbitrary<Fetched<ItemFacts>> =>
  fc.constantFrom(
    ok(FACTS[name] ?? factsOf(name)),
    ok(FACTS[name] ?? factsOf(name)),
    ok(factsOf(name, { version: 'v2' })),
    pending,
    failed({ reason: 'MediaUndecodable', message: 'not a film' }),
    failed(STORAGE_FAILURE),
  );

const media = fc
  .tuple(
    fc.record(Object.fromEntries(KEYS.filter((name) => name !== '__proto__').map((name) => [name, facts(name)]))),
    fc.constantFrom(listed([]), listed(KEYS), listed(['rain.mp4']), pending, failed(STORAGE_FAILURE)),
  )
  .map(([table, listing]): MediaTables => ({
    facts: new Map(Object.entries(table)),
    listings: new Map([[PREFIX, listing]]),
    copies: new Map(),
    clips: new Map(),
  }));

/** Any look at any machine, at this moment: possible, unlikely, or broken. */
export const arbitraryObservation = (nowMs: number): fc.Arbitrary<Observation> =>
  fc.record({
    desired,
    runs: fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .record({
            uplinks: fc
              .nat(20)
              .chain((n) => fc.tuple(...range(n < 5 ? 0 : n < 18 ? 1 : 2).map((nth) => uplink(nth, nowMs)))),
            playouts: fc.nat(4).chain((n) => fc.tuple(...range(n).map((nth) => playout(nth, nowMs)))),
          })
          .map(known),
      },
      { weight: 1, arbitrary: fc.constant(unknown('/proc/locks cannot be read')) },
    ),
    suspendedMs: fc.constantFrom(0, 0, 0, 0, 0, 60_000, null),
    exits: fc.array(exit, { maxLength: 3 }),
    media,
    toolchain: fc.constantFrom<Observation['toolchain']>(
      { kind: 'ready', version: '7.1.5', keyDelivery: 'preset', toneMapping: true },
      { kind: 'ready', version: '7.1.5', keyDelivery: 'preset', toneMapping: true },
      { kind: 'checking' },
      { kind: 'unusable', reason: 'FfmpegMissing', message: 'none' },
    ),
    mbuffer: fc.constantFrom<Observation['mbuffer']>('atHand', 'atHand', 'missing'),
    ingest: fc.constantFrom<Observation['ingest']>(
      { kind: 'idle' },
      { kind: 'accepts', atMs: nowMs },
      { kind: 'refuses', atMs: nowMs, message: 'ECONNREFUSED' },
    ),
    recycle: fc.constant(null),
    youtube: fc.constant(NO_LOGIN),
    notifier: fc.constantFrom<Observation['notifier']>(
      null,
      { afterMs: 60_000, delivered: [], last: null },
      { afterMs: 1_000, delivered: ['n1'], last: { kind: 'failed', why: 'it answered 500', atWallMs: WALL_MS } },
    ),
    obstacles: fc.constantFrom<Observation['obstacles']>(
      [],
      [],
      [],
      [{ reason: 'StorageNotConfigured', message: 'set STORAGE_BUCKET' }],
    ),
  });

export interface Look {
  readonly observation: Observation;
  readonly intent: 'run' | 'stop';
  readonly now: Moment;
}

/** Looks that follow each other by `stepMs`; what is seen may change altogether from one to the next. */
export const arbitraryLooks = (count: {
  readonly minLength: number;
  readonly maxLength: number;
}): fc.Arbitrary<readonly Look[]> =>
  fc.array(fc.constantFrom(150, 1_000, 5_000, 40_000), count).chain((steps) => {
    let monoMs = NOW_MS;
    return fc.tuple(
      ...steps.map((stepMs, pass): fc.Arbitrary<Look> => {
        monoMs += stepMs;
        const now = { monoMs, wallMs: WALL_MS + monoMs - NOW_MS, nonce: `n${pass}` };
        return fc.record({
          observation: arbitraryObservation(monoMs),
          intent: fc.constantFrom('run', 'run', 'run', 'run', 'run', 'run', 'run', 'stop'),
          now: fc.constant(now),
        });
      }),
    );
  });

const range = (length: number): readonly number[] => Array.from({ length }, (_, nth) => nth);
