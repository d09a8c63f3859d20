import type { PlayoutMemory } from '../../src/reconcile/model/memory.ts';
import type { PlayoutRun } from '../../src/reconcile/model/run.ts';
import { recordOf } from '../../src/reconcile/playout/record.ts';
import {
  holderIs,
  holderIsSlate,
  holderSilent,
  inputFarBehind,
  inputThin,
  mediaEdited,
  noWaiter,
  storageDown,
  talliesAre,
  waiterLines,
  waiterPlays,
  withRuns,
} from './mutations.ts';
import type { PlanRow } from './plan-row.ts';
import { itemAt, MINUTE_MS, type Mutation, NOW_MS, playoutRun, waiterRun, WALL_MS } from './world-builder.ts';

const RATE_KBPS = 3_128;
const SIZE_BYTES = 9_775_000;

/** A reservoir in which so much of the item stands. */
const reservoir = (bufferedMs: number): NonNullable<PlayoutRun['reservoir']> => ({
  pid: 203,
  startTicks: 2_012,
  sizeBytes: SIZE_BYTES,
  bytes: { read: 30_000_000, written: 30_000_000 - (bufferedMs * RATE_KBPS) / 8 },
});
const holderBuffers = (bufferedMs: number, change: Partial<PlayoutRun> = {}): Mutation =>
  holderIs({ reservoir: reservoir(bufferedMs), ...change });
/** FFmpeg is gone, and what stands in the reservoir plays on. */
const holderDrains = (bufferedMs: number, end: PlayoutRun['end'] = { code: null, signal: 'SIGKILL' }): Mutation =>
  holderBuffers(bufferedMs, { life: 'draining', process: { pid: 203, startTicks: 2_012 }, end });
/** The holder has been on air for so long, and was last seen so. */
const onAirFor =
  (airedMs: number, change: Partial<PlayoutMemory> = {}): Mutation =>
  (world) => {
    const { playouts } = world.memory;
    const { p1 } = playouts;
    return p1 === undefined
      ? world
      : talliesAre({ playouts: { ...playouts, p1: { ...p1, airedMs, ...change } } })(world);
  };
const starving = { sinceMs: NOW_MS - 6_000, outTimeMs: MINUTE_MS - 100, readBytes: 29_990_000 };
const severed: Mutation = talliesAre({
  stopping: { p1: { manner: 'sever', sinceMs: NOW_MS - 3_000, signals: 1, reason: 'the playout is frozen' } },
});
const wrote = (outTimeMs: number): Mutation =>
  holderIs({ progress: playoutRun(itemAt('rain.mp4', 0), {}, outTimeMs).progress });

/** The first item was written to its end, so much of it is still to be seen, and the next was made ready so much too early. */
const clipPlacedTooEarly = (byMs: number, bufferedMs: number): readonly Mutation[] => {
  const seenAtWallMs = WALL_MS + bufferedMs - byMs;
  const record = recordOf(itemAt('snow.mp4', 1));
  return [
    wrote(600_000),
    holderDrains(bufferedMs, { code: 0, signal: null }),
    waiterPlays(itemAt('snow.mp4', 1), { record: { ...record, seenAtWallMs } as PlayoutRun['record'] }),
  ];
};

/** What stands in memory before the gate, and what follows behind it. */
export const RESERVOIR_ROWS: readonly PlanRow[] = [
  {
    name: 'a frozen FFmpeg is ended, and what it wrote plays on',
    world: [holderBuffers(15_000, { life: 'frozen' }), holderSilent(3_000)],
    plan: [
      'uplink-kept playout-frozen queue-closed',
      'degraded Converging',
      'SIGKILL to the process of p1: the playout is frozen',
    ],
  },
  {
    name: 'a reservoir or gate that is stopped lets nothing through: the whole run is ended',
    world: [holderBuffers(15_000, { isClogged: true }), holderSilent(3_000)],
    plan: [
      'uplink-kept playout-frozen queue-closed',
      'degraded Converging',
      'SIGKILL to the group of p1: the playout is frozen',
    ],
  },
  {
    name: 'an FFmpeg that stands still while its reservoir has room is ended, and what it wrote plays on',
    world: [holderBuffers(15_000), holderSilent(4_600)],
    plan: [
      'uplink-kept playout-stalled queue-closed',
      'degraded Converging',
      'SIGTERM to the process of p1: the playout makes no progress',
    ],
  },
  {
    name: 'one that stands still because its reservoir is full is held back, not stalled',
    world: [holderBuffers(25_000), holderSilent(4_600)],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'one whose reservoir is about to run dry is not waited for as long',
    world: [holderBuffers(2_000), holderSilent(2_100)],
    plan: [
      'uplink-kept playout-stalled queue-closed',
      'degraded Converging',
      'SIGTERM to the process of p1: the playout makes no progress',
    ],
  },
  {
    name: 'one to which the media come too slowly is ended, and what it wrote plays on',
    world: [holderBuffers(12_000, { starving })],
    plan: [
      'uplink-kept playout-slow queue-closed',
      'degraded Converging',
      'SIGTERM to the process of p1: the media comes too slowly',
    ],
  },
  {
    name: 'an encode that is fed and slow is given longer than a store that gives too little',
    world: [holderBuffers(1_000, { starving, encodePace: { overMs: 14_000, writtenMs: 4_000 } })],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'an item that this machine encodes far too slowly is ended, and told',
    world: [holderBuffers(1_000, { starving, encodePace: { overMs: 15_000, writtenMs: 4_500 } })],
    plan: [
      'uplink-kept playout-slow queue-closed',
      'degraded EncodeTooSlow',
      'SIGKILL to the group of p1: this machine encodes it too slowly',
    ],
  },
  {
    name: 'not while much of it stands in memory',
    world: [holderBuffers(12_000, { encodePace: { overMs: 15_000, writtenMs: 4_500 } })],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'one that is a little too slow is kept on air',
    world: [holderBuffers(1_000, { encodePace: { overMs: 20_000, writtenMs: 14_000 } }), inputThin],
    plan: ['uplink-kept playout-kept queue-kept', 'degraded EncodeTooSlow'],
  },
  {
    name: 'until viewers are 30 s behind',
    world: [holderBuffers(1_000, { encodePace: { overMs: 20_000, writtenMs: 14_000 } }), inputFarBehind],
    plan: [
      'uplink-kept playout-slow queue-closed',
      'degraded EncodeTooSlow',
      'SIGKILL to the group of p1: this machine encodes it too slowly',
    ],
  },
  {
    name: 'what stands in line and is encoded far too slowly makes room, and its death counts',
    world: [
      holderIsSlate,
      waiterLines(itemAt('rain.mp4', 0, 60_500), { encodePace: { overMs: 15_000, writtenMs: 3_000 } }),
    ],
    plan: [
      'uplink-kept playout-replace queue-wrong',
      'degraded EncodeTooSlow',
      'SIGKILL to the group of q1: another is wished in line',
    ],
  },
  {
    name: 'once its FFmpeg was ended for that, what drains is kept and no signal sent',
    world: [holderDrains(15_000), severed, storageDown],
    plan: ['uplink-kept playout-undecided queue-kept', 'degraded StorageUnreachable'],
  },
  {
    name: 'until it is told how FFmpeg ended, who stands in line stays there',
    world: [holderDrains(20_000, null)],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'behind what a dead FFmpeg wrote the item goes on where that ends: the slate makes room',
    world: [holderDrains(20_000)],
    plan: [
      'uplink-kept playout-kept queue-wrong',
      'live OnAir',
      'SIGKILL to the group of q1: another is wished in line',
    ],
  },
  {
    name: 'and its next run is put in line',
    world: [holderDrains(20_000), noWaiter],
    plan: [
      'uplink-kept playout-kept queue-next',
      'live OnAir',
      'start playout n1-q: rain.mp4 #0.0 from 60 s, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'behind an item that was written to its end the next one stands in line',
    world: [wrote(600_000), holderDrains(20_000, { code: 0, signal: null }), noWaiter],
    plan: [
      'uplink-kept playout-kept queue-next',
      'live OnAir',
      'start playout n1-q: snow.mp4 #0.1, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'an item in line that is ready is kept, however little stands in the reservoir',
    world: [holderDrains(1_000), waiterPlays(itemAt('rain.mp4', 0, MINUTE_MS))],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'an item in line that is not ready when the reservoir is about to run dry makes room for the slate',
    world: [onAirFor(40_000), holderDrains(2_000), waiterPlays(itemAt('rain.mp4', 0, MINUTE_MS), { primed: false })],
    plan: [
      'uplink-kept playout-kept queue-wrong',
      'live OnAir',
      'SIGKILL to the group of q1: another is wished in line',
    ],
  },
  {
    name: 'which is put in line then, though the item could be played',
    world: [onAirFor(40_000), holderDrains(2_000), noWaiter],
    plan: ['uplink-kept playout-kept queue-slate', 'live OnAir', 'start playout n1-q: slate, 1280x720@30 3000k'],
  },
  {
    name: 'and stays there',
    world: [onAirFor(40_000), holderDrains(1_500)],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'an item in line that is no longer what follows is kept where there is no time to make another ready',
    world: [holderDrains(5_000), waiterPlays(itemAt('snow.mp4', 1))],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'it makes room where there is',
    world: [holderDrains(6_000), waiterPlays(itemAt('snow.mp4', 1))],
    plan: [
      'uplink-kept playout-kept queue-wrong',
      'live OnAir',
      'SIGKILL to the group of q1: another is wished in line',
    ],
  },
  {
    name: 'and where it is not ready itself',
    world: [holderDrains(5_000), waiterPlays(itemAt('snow.mp4', 1), { primed: false })],
    plan: [
      'uplink-kept playout-kept queue-wrong',
      'live OnAir',
      'SIGKILL to the group of q1: another is wished in line',
    ],
  },
  {
    name: 'an item in line that has another number in a list that was read anew is kept',
    world: [holderDrains(20_000), waiterPlays(itemAt('rain.mp4', 4, MINUTE_MS))],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'an item as short as that leaves its successor the time there is',
    world: [
      holderIs(playoutRun(itemAt('rain.mp4', 0, 598_000), {}, 100)),
      wrote(2_000),
      onAirFor(0, { record: recordOf(itemAt('rain.mp4', 0, 598_000)), outTimeMs: 2_000 }),
      holderDrains(2_000, { code: 0, signal: null }),
      noWaiter,
    ],
    plan: [
      'uplink-kept playout-kept queue-next',
      'live OnAir',
      'start playout n1-q: snow.mp4 #0.1, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'an item whose media come more slowly than they are shown does not replace the slate',
    world: [
      holderIsSlate,
      (world) =>
        withRuns(world, (runs) => ({
          ...runs,
          playouts: [...runs.playouts, waiterRun(itemAt('rain.mp4', 0, 59_497), { reservoir: reservoir(2_000) })],
        })),
    ],
    plan: ['uplink-kept playout-replace queue-kept', 'degraded SlateShowing'],
  },
  {
    name: 'a song in line whose clip would be elsewhere when its turn comes is made ready anew',
    world: clipPlacedTooEarly(4_000, 18_000),
    plan: [
      'uplink-kept playout-kept queue-wrong',
      'live OnAir',
      'SIGKILL to the group of q1: its clip would be elsewhere when its turn comes',
    ],
  },
  {
    name: 'it stays in line where its clip is about there',
    world: clipPlacedTooEarly(0, 18_000),
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'and where no time is left for another',
    world: clipPlacedTooEarly(4_000, 8_000),
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'an edit throws away what stands in the reservoir, and lets the gate pass on what is in its pipe',
    world: [holderBuffers(25_000), mediaEdited('snow.mp4'), waiterPlays(itemAt('snow.mp4', 0))],
    plan: [
      'uplink-kept playout-handover queue-closed',
      'degraded Converging',
      'SIGKILL to the process of p1: something else is wished',
      'SIGKILL to the process of p1: something else is wished',
    ],
  },
];
