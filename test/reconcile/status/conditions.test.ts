import { describe, expect, it } from 'vitest';
import type { NotifierView } from '../../../src/reconcile/model/observation.ts';
import type { Condition } from '../../../src/reconcile/model/status.ts';
import {
  bitrateEdited,
  desiredInvalid,
  desiredMissing,
  exited,
  holderIs,
  holderIsSlate,
  mediaIs,
  nothingRuns,
  recycleWished,
  runsUnknown,
  sceneryWished,
  storageDown,
  talliesAre,
  toolchainChecking,
  toolchainIs,
  toolchainMissing,
  unacked,
  uplinkConnecting,
  uplinkDead,
  uplinkSilent,
} from '../mutations.ts';
import {
  answers,
  factsOf,
  healthyWorld,
  MINUTE_MS,
  mutate,
  type Mutation,
  NOW_MS,
  ok,
  planOf,
} from '../world-builder.ts';

const HOUR_MS = 60 * MINUTE_MS;
const broadcastAged = (ms: number): Mutation =>
  talliesAre({ broadcast: { sinceMs: NOW_MS - ms, seenMs: NOW_MS - 1_000 } });

/** What is kept on this machine has only sound. */
const pictureless: Mutation = (world) =>
  mediaIs({
    ...world.observation.media,
    copies: answers((key) => ok({ facts: factsOf(key, { video: null }), path: `copies/${key}` })),
  })(world);

const notifierIs =
  (last: NonNullable<NotifierView['last']> | null): Mutation =>
  (world) => ({
    ...world,
    observation: { ...world.observation, notifier: { afterMs: 60_000, delivered: [], last } },
  });

interface ConditionRow {
  readonly name: string;
  readonly world: readonly Mutation[];
  readonly condition: string;
  readonly message: string;
}

const CONDITIONS: readonly ConditionRow[] = [
  {
    name: 'nothing told yet',
    world: [notifierIs(null)],
    condition: 'Notified Unknown NotifyIdle',
    message: 'streamctl notify test',
  },
  {
    name: 'a message that was taken',
    world: [notifierIs({ kind: 'delivered', atWallMs: 0 })],
    condition: 'Notified True NotifyDelivered',
    message: '1970-01-01T00:00:00.000Z',
  },
  {
    name: 'a message that was not taken',
    world: [notifierIs({ kind: 'failed', why: 'it answered 500', atWallMs: 0 })],
    condition: 'Notified False NotifyFailed',
    message: 'it answered 500',
  },
  { name: 'a good file', world: [], condition: 'DesiredAccepted True Accepted', message: 'desired.yaml is valid' },
  {
    name: 'a refused file',
    world: [desiredInvalid],
    condition: 'DesiredAccepted False DesiredInvalid',
    message: 'line',
  },
  {
    name: 'no file',
    world: [desiredMissing],
    condition: 'DesiredAccepted False DesiredMissing',
    message: 'there is no desired.yaml',
  },
  {
    name: 'acknowledged bytes',
    world: [],
    condition: 'UplinkAcknowledged True Acknowledged',
    message: 'the ingest acknowledges bytes',
  },
  {
    name: 'no sight of the processes',
    world: [runsUnknown],
    condition: 'UplinkAcknowledged Unknown ObservationFailed',
    message: 'could not be seen',
  },
  {
    name: 'no uplink',
    world: [uplinkDead],
    condition: 'UplinkAcknowledged False NoUplink',
    message: 'there is no uplink',
  },
  {
    name: 'an uplink that connects',
    world: [uplinkConnecting(1_000)],
    condition: 'UplinkAcknowledged False UplinkConnecting',
    message: 'the uplink is connecting',
  },
  {
    name: 'an uplink that lags',
    world: [unacked(4_000)],
    condition: 'UplinkAcknowledged False UplinkLagging',
    message: 'the uplink is lagging',
  },
  {
    name: 'a silent uplink',
    world: [uplinkSilent(4_000)],
    condition: 'UplinkAcknowledged False UplinkSilent',
    message: 'the uplink is silent',
  },
  {
    name: 'programme in memory',
    world: [],
    condition: 'ReservoirAtHand True ReservoirUsed',
    message: '20 s of programme in memory',
  },
  {
    name: 'no mbuffer',
    world: [(world) => ({ ...world, observation: { ...world.observation, mbuffer: 'missing' } })],
    condition: 'ReservoirAtHand False MbufferMissing',
    message: 'apt-get install mbuffer',
  },
  {
    name: 'the programme on air',
    world: [],
    condition: 'ProgrammeOnAir True OnAir',
    message: '"rain.mp4" is on air',
  },
  {
    name: 'an item of the old file on air',
    world: [bitrateEdited],
    condition: 'ProgrammeOnAir True Converging',
    message: 'an item plays',
  },
  {
    name: 'the slate on air',
    world: [holderIsSlate],
    condition: 'ProgrammeOnAir False SlateShowing',
    message: 'the slate plays',
  },
  {
    name: 'the slate on air for want of the store',
    world: [holderIsSlate, storageDown],
    condition: 'ProgrammeOnAir False StorageUnreachable',
    message: 'the store does not answer',
  },
  {
    name: 'nothing on air',
    world: [nothingRuns],
    condition: 'ProgrammeOnAir False Starting',
    message: 'nothing plays',
  },
  {
    name: 'a young broadcast without a plan',
    world: [broadcastAged(3 * HOUR_MS + 7 * MINUTE_MS)],
    condition: 'BroadcastCountable True BroadcastYoung',
    message: 'the broadcast is 3 h 7 min old; no recycle is planned',
  },
  {
    name: 'a broadcast that is about to be too long, and nothing planned',
    world: [broadcastAged(11 * HOUR_MS + MINUTE_MS)],
    condition: 'BroadcastCountable False BroadcastTooLong',
    message:
      'the broadcast is 11 h 1 min old, and YouTube makes a video only of those under 12 h; no recycle is planned',
  },
  {
    name: 'a broadcast that is about to be too long, and a recycle that comes too late',
    world: [broadcastAged(11 * HOUR_MS + MINUTE_MS), recycleWished({ nextInMs: 6 * HOUR_MS })],
    condition: 'BroadcastCountable False BroadcastTooLong',
    message: 'the next recycle is due at 2026-01-02T09:04:05.000Z, at an age of 17 h 1 min: too late',
  },
  {
    name: 'a broadcast that a recycle will end in time',
    world: [broadcastAged(3 * HOUR_MS), recycleWished({ nextInMs: HOUR_MS })],
    condition: 'BroadcastCountable True RecycleScheduled',
    message: 'the next recycle is due at 2026-01-02T04:04:05.000Z; the broadcast is 3 h 0 min old',
  },
  {
    name: 'a young broadcast that outlasts the next recycle',
    world: [broadcastAged(HOUR_MS), recycleWished({ nextInMs: HOUR_MS, everyMs: 4 * HOUR_MS })],
    condition: 'BroadcastCountable True RecycleScheduled',
    message:
      'the recycle at 2026-01-02T04:04:05.000Z is passed over, as the one at 2026-01-02T08:04:05.000Z still comes in time',
  },
  {
    name: 'a young broadcast whose recycle comes too late',
    world: [broadcastAged(HOUR_MS), recycleWished({ nextInMs: 20 * HOUR_MS })],
    condition: 'BroadcastCountable True RecycleScheduled',
    message: 'the next recycle is due at 2026-01-02T23:04:05.000Z, at an age of 21 h 0 min: too late; the broadcast is',
  },
  {
    name: 'a long broadcast that a recycle will end in time',
    world: [broadcastAged(11 * HOUR_MS + 5 * MINUTE_MS), recycleWished({ nextInMs: 20 * MINUTE_MS })],
    condition: 'BroadcastCountable True RecycleScheduled',
    message: 'the next recycle is due at',
  },
  {
    name: 'a broadcast that was off air for a minute',
    world: [nothingRuns, talliesAre({ broadcast: { sinceMs: NOW_MS - 11 * HOUR_MS, seenMs: NOW_MS - 61_000 } })],
    condition: 'BroadcastCountable True BroadcastYoung',
    message: 'the broadcast is 0 h 0 min old',
  },
  {
    name: 'an item that plays into the void',
    world: [uplinkSilent(4_000)],
    condition: 'ProgrammeOnAir False UplinkSilent',
    message: 'an item plays',
  },
  {
    name: 'a playout of whom nothing is known',
    world: [holderIs({ record: null, specHash: 'ffffffffffff' })],
    condition: 'ProgrammeOnAir False Converging',
    message: 'an item plays',
  },
  {
    name: 'slate and visual on this machine',
    world: [sceneryWished({ slate: 'slate.png', visual: { kind: 'key', key: 'loop.mp4' } }, 'slate.png', 'loop.mp4')],
    condition: 'SceneryAtHand True SceneryKept',
    message: 'slate and visual are kept on this machine',
  },
  {
    name: 'a slate that cannot be fetched',
    world: [sceneryWished({ slate: 'slate.png' }), storageDown],
    condition: 'SceneryAtHand False StorageUnreachable',
    message: 'the store does not answer',
  },
  {
    name: 'a slate without a picture',
    world: [sceneryWished({ slate: 'sound.mp3' }, 'sound.mp3'), pictureless],
    condition: 'SceneryAtHand False MediaUndecodable',
    message: '"sound.mp3" has no picture to show',
  },
  { name: 'a hidden key', world: [], condition: 'StreamKeyHidden True KeyInPreset', message: 'in no command line' },
  {
    name: 'a key in the command line',
    world: [toolchainIs({ kind: 'ready', version: '8.1', keyDelivery: 'argv', toneMapping: true })],
    condition: 'StreamKeyHidden False KeyInCommandLine',
    message: 'FFmpeg 8.1 ignores the preset',
  },
];

const conditions = (...world: readonly Mutation[]): readonly Condition[] =>
  planOf(mutate(healthyWorld(), ...world)).conditions;

describe('the conditions', () => {
  it.each(CONDITIONS)('with $name: $condition', ({ world, condition, message }) => {
    const [type] = condition.split(' ');
    const found = conditions(...world).find((other) => other.type === type);
    expect(`${found?.type} ${found?.status} ${found?.reason}`).toBe(condition);
    expect(found?.message).toContain(message);
  });

  it('are these where no slate and no visual is wished, in this order', () => {
    expect(conditions().map(({ type }) => type)).toEqual([
      'DesiredAccepted',
      'UplinkAcknowledged',
      'ProgrammeOnAir',
      'BroadcastCountable',
      'StreamKeyHidden',
      'ReservoirAtHand',
    ]);
  });

  it.each([
    ['is still looked at', toolchainChecking],
    ['is missing', toolchainMissing],
  ])('say nothing of the key while FFmpeg %s', (_, toolchain: Mutation) => {
    expect(conditions(toolchain).map(({ type }) => type)).not.toContain('StreamKeyHidden');
  });

  it('keep the time of their last change while their status stays', () => {
    const world = mutate(healthyWorld(), desiredInvalid);
    const first = planOf(world).memory.conditions;
    const later = { ...world, now: { ...world.now, wallMs: world.now.wallMs + 60_000 } };
    const second = planOf({ ...later, memory: planOf(world).memory }).memory.conditions;
    expect(second).toEqual(first);
    const fixed = { ...healthyWorld(), memory: planOf(world).memory, now: later.now };
    expect(planOf(fixed).memory.conditions['DesiredAccepted']).toEqual({
      status: 'True',
      sinceWallMs: later.now.wallMs,
    });
    expect(planOf(fixed).memory.conditions['UplinkAcknowledged']).toEqual(first['UplinkAcknowledged']);
  });

  it('never depend on runs that are no more', () => {
    expect(conditions(exited({ runId: 'p0', role: 'playout' }))).toEqual(conditions());
  });
});
