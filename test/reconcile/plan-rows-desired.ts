import {
  beingStopped,
  desiredInvalid,
  desiredMissing,
  exited,
  freshDaemon,
  holderDead,
  holderFrozen,
  holderIs,
  holderIsSlate,
  holderPlays,
  holderSilent,
  holderStarved,
  noWaiter,
  nothingAccepted,
  nothingRuns,
  recycleDue,
  recyclePaused,
  recycleWished,
  runsUnknown,
  sceneryWished,
  seenBefore,
  shuttingDown,
  stopWished,
  storageDown,
  unplaced,
  unplacedFor,
  uplinkDead,
  waiterIs,
  waiterTookOver,
} from './mutations.ts';
import type { PlanRow } from './plan-row.ts';
import { itemAt, MINUTE_MS, NOW_MS, slateOf, SPEC } from './world-builder.ts';

/** Playouts that fail, and wishes other than being on air. */
export const DESIRED_ROWS: readonly PlanRow[] = [
  {
    name: 'a frozen playout is ended briskly',
    world: [holderFrozen],
    plan: [
      'uplink-kept playout-frozen queue-closed',
      'degraded Converging',
      'SIGKILL to the group of p1: the playout is frozen',
    ],
  },
  {
    name: 'a playout that starves its gate is ended briskly',
    world: [holderStarved, holderSilent(4_600)],
    plan: [
      'uplink-kept playout-stalled queue-closed',
      'degraded Converging',
      'SIGTERM to the process of p1: the playout makes no progress',
    ],
  },
  {
    name: 'a playout to which the media come too slowly is ended',
    world: [
      holderStarved,
      holderIs({ starving: { sinceMs: NOW_MS - 6_000, outTimeMs: MINUTE_MS - 2_900, readBytes: 0 } }),
    ],
    plan: [
      'uplink-kept playout-slow queue-closed',
      'degraded Converging',
      'SIGTERM to the process of p1: the media comes too slowly',
    ],
  },
  {
    name: 'a playout that starves its gate but keeps pace is kept',
    world: [
      holderStarved,
      holderIs({ starving: { sinceMs: NOW_MS - 6_000, outTimeMs: MINUTE_MS - 3_100, readBytes: 0 } }),
    ],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'a playout that starves its gate for a moment is kept',
    world: [holderStarved, holderSilent(4_000)],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'a playout that starves without a reservoir is ended sooner where the store is known to fail',
    world: [storageDown, holderStarved, holderSilent(2_100)],
    plan: [
      'uplink-kept playout-stalled queue-closed',
      'degraded Converging',
      'SIGTERM to the process of p1: the playout makes no progress',
    ],
  },
  {
    name: 'a playout whose gate is held back by the uplink is kept',
    world: [holderSilent(60_000)],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'a playout without a first frame after 8 s is ended',
    world: [holderStarved, holderIs({ progress: null, startedAtMs: NOW_MS - 8_500 })],
    plan: [
      'uplink-kept playout-stalled queue-closed',
      'degraded Converging',
      'SIGTERM to the process of p1: the playout makes no progress',
    ],
  },
  {
    name: 'a playout without a first frame after 6 s is kept',
    world: [holderStarved, holderIs({ progress: null, startedAtMs: NOW_MS - 6_000 })],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'a playout without a readable record gives way to the item',
    world: [holderIs({ record: null, specHash: 'ffffffffffff' }), noWaiter],
    plan: [
      'uplink-kept playout-replace queue-next',
      'degraded Converging',
      'start playout n1-q: rain.mp4 #0.0 from 59.497 s, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'a playout of another size beside the right uplink is killed',
    world: [holderPlays(itemAt('rain.mp4', 0, 0, { ...SPEC, fps: 25 })), noWaiter],
    plan: [
      'uplink-kept playout-frame-changed queue-closed',
      'degraded Converging',
      'SIGKILL to the group of p1: another size or rate is wished',
    ],
  },
  {
    name: 'a playout that is being ended goes on being ended',
    world: [beingStopped('p1', { reason: 'something else is wished' })],
    plan: [
      'uplink-kept playout-stopping queue-closed',
      'degraded Converging',
      'SIGTERM to the process of p1: something else is wished',
    ],
  },
  {
    name: 'the waiter takes over from a dead holder, and the item comes back in line',
    world: [waiterTookOver, exited({ runId: 'p1', role: 'playout', signal: 'SIGKILL', code: null })],
    plan: [
      'uplink-kept playout-replace queue-next',
      'degraded SlateShowing',
      'start playout n1-q: rain.mp4 #0.0 from 59.497 s, transcode, 1280x720@30 3000k',
      'forget playout p1',
    ],
  },
  {
    name: 'an item that ended early before it had shown anything waits, and the next plays; the store is asked before it is blamed',
    world: [
      holderPlays(itemAt('rain.mp4', 0), 500),
      seenBefore,
      waiterTookOver,
      exited({ runId: 'p1', role: 'playout', outTimeMs: 500 }),
    ],
    plan: [
      'uplink-kept playout-replace queue-next',
      'degraded SlateShowing',
      'start playout n1-q: snow.mp4 #0.1, transcode, 1280x720@30 3000k',
      'forget playout p1',
    ],
  },
  {
    name: 'a playout that comes up is waited for',
    world: [holderDead, noWaiter, unplaced(itemAt('rain.mp4', 0), 1_000)],
    plan: ['uplink-kept playout-coming queue-closed', 'degraded PlayoutMissing'],
  },
  {
    name: 'a playout that never comes to the gate is killed',
    world: [holderDead, noWaiter, unplaced(itemAt('rain.mp4', 0), 6_000), unplacedFor('p9', 5_500)],
    plan: [
      'uplink-kept playout-never-came queue-closed',
      'degraded PlayoutMissing',
      'SIGKILL to the group of p9: it never came to the gate',
    ],
  },
  {
    name: 'a playout that comes up behind the holder is waited for',
    world: [noWaiter, unplaced(slateOf(SPEC), 1_000)],
    plan: ['uplink-kept playout-kept queue-closed', 'live OnAir'],
  },
  {
    name: 'a playout that never comes to the gate behind the holder is killed',
    world: [noWaiter, unplaced(slateOf(SPEC), 6_000), unplacedFor('p9', 5_500)],
    plan: [
      'uplink-kept playout-kept queue-never-came',
      'live OnAir',
      'SIGKILL to the group of p9: it never came to the gate',
    ],
  },
  {
    name: 'so is one that never comes beside a waiter',
    world: [unplaced(slateOf(SPEC), 6_000), unplacedFor('p9', 5_500)],
    plan: [
      'uplink-kept playout-kept queue-never-came',
      'live OnAir',
      'SIGKILL to the group of p9: it never came to the gate',
    ],
  },
  {
    name: "a waiter of a minute that is seen between the holder's end and its own turn is waited for",
    world: [
      holderDead,
      waiterIs({
        startedAtMs: NOW_MS - 60_000,
        gate: { pid: 302, startTicks: 3_011, place: 'neither', flow: 'moving' },
      }),
    ],
    plan: ['uplink-kept playout-coming queue-closed', 'degraded PlayoutMissing'],
  },
  {
    name: 'off air is wished: the uplink says goodbye first',
    world: [stopWished],
    plan: [
      'uplink-unwished playout-feeds-goodbye queue-closed',
      'stopping StoppedByFile',
      'SIGTERM to the process of u1: off air is wished',
    ],
  },
  {
    name: 'off air is wished: the playouts are killed once the uplink is gone',
    world: [stopWished, uplinkDead],
    plan: [
      'uplink-off playout-unwished queue-closed',
      'stopping StoppedByFile',
      'SIGKILL to the group of p1: off air is wished',
      'SIGKILL to the group of q1: off air is wished',
    ],
  },
  {
    name: 'off air is wished and all is off',
    world: [stopWished, nothingRuns],
    plan: ['uplink-off playout-off queue-closed', 'stopped StoppedByFile'],
  },
  {
    name: 'the daemon is told to end: the uplink says goodbye',
    world: [shuttingDown],
    plan: [
      'uplink-unwished playout-feeds-goodbye queue-closed',
      'stopping ShuttingDown',
      'SIGTERM to the process of u1: off air is wished',
    ],
  },
  {
    name: 'the daemon is told to end and all is off: it exits',
    world: [shuttingDown, nothingRuns],
    plan: ['uplink-off playout-off queue-closed', 'stopping ShuttingDown', 'exit 0: off air, as told'],
  },
  {
    name: 'the daemon is told to end but cannot see: it stays',
    world: [shuttingDown, runsUnknown],
    plan: ['uplink-unseen playout-unseen queue-closed', 'down ObservationFailed'],
  },
  {
    name: 'a refused file changes nothing on air',
    world: [desiredInvalid],
    plan: ['uplink-kept playout-kept queue-kept', 'degraded DesiredInvalid'],
  },
  {
    name: 'a missing file changes nothing on air',
    world: [desiredMissing],
    plan: ['uplink-kept playout-kept queue-kept', 'degraded DesiredMissing'],
  },
  {
    name: 'without any good file what runs is left alone',
    world: [desiredInvalid, nothingAccepted],
    plan: ['uplink-unsettled playout-unsettled queue-closed', 'degraded DesiredInvalid'],
  },
  {
    name: 'without any file nothing starts',
    world: [desiredMissing, nothingAccepted, nothingRuns],
    plan: ['uplink-unsettled playout-unsettled queue-closed', 'down DesiredMissing'],
  },
  {
    name: 'what a dead run left is forgotten',
    world: [exited({ runId: 'p0', role: 'playout', code: 0, outTimeMs: 600_000 })],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir', 'forget playout p0'],
  },
  {
    name: 'a recycle that is planned for later changes nothing on air',
    world: [recycleWished({ nextInMs: 3_600_000 })],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'a recycle that is due says goodbye, and is no outage',
    world: [recycleDue(11 * 3_600_000)],
    plan: [
      'uplink-unwished playout-feeds-goodbye queue-closed',
      'stopped Recycling',
      'SIGTERM to the process of u1: off air is wished',
    ],
  },
  {
    name: 'a recycle that is due for a broadcast of hours with the next one in time is skipped',
    world: [recycleDue(3_600_000), recycleWished({ nextInMs: 10 * 3_600_000 })],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'a recycle ends the playouts once the uplink is gone',
    world: [recyclePaused(80_000), uplinkDead],
    plan: [
      'uplink-off playout-unwished queue-closed',
      'stopped Recycling',
      'SIGKILL to the group of p1: off air is wished',
      'SIGKILL to the group of q1: off air is wished',
    ],
  },
  {
    name: 'nothing starts while the broadcast is recycled',
    world: [recyclePaused(1_000), nothingRuns],
    plan: ['uplink-off playout-off queue-closed', 'stopped Recycling'],
  },
  {
    name: 'the next broadcast begins when the pause is over, and that is no outage yet',
    world: [nothingRuns, recyclePaused(-500)],
    plan: [
      'uplink-start playout-start queue-closed',
      'stopped Recycling',
      'start uplink n1-u',
      'start playout n1-p: rain.mp4 #0.0 from 59.497 s, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'a broadcast that has not come back fifteen seconds after its pause is missed',
    world: [nothingRuns, recyclePaused(-15_000)],
    plan: [
      'uplink-start playout-start queue-closed',
      'starting Starting',
      'start uplink n1-u',
      'start playout n1-p: rain.mp4 #0.0 from 59.497 s, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'running: false during the pause is a stop by the file',
    world: [recyclePaused(80_000), stopWished, nothingRuns],
    plan: ['uplink-off playout-off queue-closed', 'stopped StoppedByFile'],
  },
  {
    name: 'a daemon told to end during the pause exits',
    world: [recyclePaused(80_000), nothingRuns, shuttingDown],
    plan: ['uplink-off playout-off queue-closed', 'stopping ShuttingDown', 'exit 0: off air, as told'],
  },
  {
    name: 'a slate that has arrived stands in line in place of the built-in one',
    world: [sceneryWished({ slate: 'slate.png' }, 'slate.png'), noWaiter],
    plan: [
      'uplink-kept playout-kept queue-slate',
      'live OnAir',
      'start playout n1-q: slate slate.png, 1280x720@30 3000k',
    ],
  },
  {
    name: 'a slate that arrives while the built-in one stands in line takes its place',
    world: [sceneryWished({ slate: 'slate.png' }, 'slate.png')],
    plan: [
      'uplink-kept playout-kept queue-wrong',
      'live OnAir',
      'SIGKILL to the group of q1: another is wished in line',
    ],
  },
  {
    name: 'a slate that is still being fetched changes nothing',
    world: [sceneryWished({ slate: 'slate.png' })],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'a slate that arrives while the built-in one is on air goes in line behind it',
    world: [holderIsSlate, storageDown, sceneryWished({ slate: 'slate.png' }, 'slate.png')],
    plan: [
      'uplink-kept playout-replace queue-slate',
      'degraded StorageUnreachable',
      'start playout n1-q: slate slate.png, 1280x720@30 3000k',
    ],
  },
  {
    name: 'with the store away the slate on this machine goes on air',
    world: [nothingRuns, freshDaemon, storageDown, sceneryWished({ slate: 'slate.png' }, 'slate.png')],
    plan: [
      'uplink-start playout-slate queue-closed',
      'starting Starting',
      'start uplink n1-u',
      'start playout n1-p: slate slate.png, 1280x720@30 3000k',
    ],
  },
  {
    name: 'a visual under items that have pictures changes nothing',
    world: [sceneryWished({ visual: { kind: 'key', key: 'loop.mp4' } }, 'loop.mp4')],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
];
