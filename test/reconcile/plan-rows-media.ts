import {
  beingStopped,
  bitrateEdited,
  emptyPrefix,
  freshDaemon,
  holderIsSlate,
  itemNearEnd,
  itemWaits,
  mediaEdited,
  mediaFails,
  mediaPending,
  noWaiter,
  nothingRuns,
  prefixWished,
  secondWaiter,
  storageDown,
  talliesAre,
  uplinkDead,
  waiterIs,
  waiterLines,
  waiterPlays,
} from './mutations.ts';
import type { PlanRow } from './plan-row.ts';
import { itemAt, NOW_MS, SPEC } from './world-builder.ts';

/** What goes on air, and who stands in line behind it. */
export const MEDIA_ROWS: readonly PlanRow[] = [
  {
    name: 'on an empty machine playout and uplink start together',
    world: [nothingRuns, freshDaemon],
    plan: [
      'uplink-start playout-start queue-closed',
      'starting Starting',
      'start uplink n1-u',
      'start playout n1-p: rain.mp4 #0.0, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'a playout that survived uplink and daemon is renewed with the session',
    world: [uplinkDead, freshDaemon],
    plan: [
      'uplink-renew playout-kept queue-closed',
      'starting Starting',
      'SIGKILL to the group of p1: a new session begins with a key frame',
      'SIGKILL to the group of q1: a new session begins with a key frame',
    ],
  },
  {
    name: 'on an empty machine media that is being looked up is waited for',
    world: [nothingRuns, freshDaemon, mediaPending],
    plan: ['uplink-unfed playout-awaits-media queue-closed', 'starting Starting'],
  },
  {
    name: 'media that is looked up for too long lets the slate go first',
    world: [nothingRuns, freshDaemon, mediaPending, talliesAre({ downSinceMs: NOW_MS - 3_500 })],
    plan: [
      'uplink-start playout-slate queue-closed',
      'starting Starting',
      'start uplink n1-u',
      'start playout n1-p: slate, 1280x720@30 3000k',
    ],
  },
  {
    name: 'with the store away the slate goes on air',
    world: [nothingRuns, freshDaemon, storageDown],
    plan: [
      'uplink-start playout-slate queue-closed',
      'starting Starting',
      'start uplink n1-u',
      'start playout n1-p: slate, 1280x720@30 3000k',
    ],
  },
  {
    name: 'a slate that failed just now is not tried again at once',
    world: [
      nothingRuns,
      freshDaemon,
      storageDown,
      talliesAre({ slate: { failures: 1, step: 1, notBeforeMs: NOW_MS + 500, deathsAtMs: [NOW_MS - 500] } }),
    ],
    plan: ['uplink-unfed playout-waits queue-closed', 'starting Starting'],
  },
  {
    name: 'with the store away the item on air is kept',
    world: [storageDown],
    plan: ['uplink-kept playout-undecided queue-kept', 'degraded StorageUnreachable'],
  },
  {
    name: 'the slate gives way once the store is back: the item is put in line first',
    world: [holderIsSlate],
    plan: [
      'uplink-kept playout-replace queue-next',
      'degraded SlateShowing',
      'start playout n1-q: rain.mp4 #0.0 from 59.497 s, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'whoever ended in line without a picture is taken out of it, and counts as a death of its item',
    world: [
      itemNearEnd(),
      waiterPlays(itemAt('snow.mp4', 1), { life: 'draining', primed: false, end: { code: 1, signal: null } }),
    ],
    plan: [
      'uplink-kept playout-kept queue-hollow',
      'live OnAir',
      'SIGKILL to the group of q1: the playout in line ended without a picture',
    ],
  },
  {
    name: 'it stays there until it is known how it ended, so that its item can be named',
    world: [itemNearEnd(), waiterPlays(itemAt('snow.mp4', 1), { life: 'draining', primed: false })],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'an item that failed before is tried again early in the one before it',
    world: [itemNearEnd(12_000), noWaiter, itemWaits('snow.mp4', 1, { notBeforeMs: NOW_MS })],
    plan: [
      'uplink-kept playout-kept queue-next',
      'live OnAir',
      'start playout n1-q: snow.mp4 #0.1, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'and not shortly before its end, when nothing else could be made ready any more',
    world: [itemNearEnd(6_000), noWaiter, itemWaits('snow.mp4', 1, { notBeforeMs: NOW_MS })],
    plan: [
      'uplink-kept playout-kept queue-next',
      'live OnAir',
      'start playout n1-q: wind.mp4 #0.2, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'an item that starved is not tried again before some of its bytes have come',
    world: [
      holderIsSlate,
      itemWaits('rain.mp4', 0, { notBeforeMs: NOW_MS, suspicion: { kind: 'starved', sinceMs: NOW_MS - 1_000 } }),
    ],
    plan: ['uplink-kept playout-kept queue-empty', 'degraded SlateShowing'],
  },
  {
    name: 'an item that starved is back, whatever its wait, as soon as they have',
    world: [holderIsSlate, itemWaits('rain.mp4', 1, { suspicion: { kind: 'starved', sinceMs: NOW_MS - 6_000 } })],
    plan: [
      'uplink-kept playout-replace queue-next',
      'degraded SlateShowing',
      'start playout n1-q: rain.mp4 #0.0 from 59.497 s, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'the slate stays while the store is away',
    world: [holderIsSlate, storageDown],
    plan: ['uplink-kept playout-kept queue-empty', 'degraded StorageUnreachable'],
  },
  {
    name: 'the slate ends once the item in line is primed',
    world: [holderIsSlate, waiterLines(itemAt('rain.mp4', 0, 60_500))],
    plan: [
      'uplink-kept playout-handover queue-closed',
      'degraded SlateShowing',
      'SIGKILL to the process of p1: something else is wished',
    ],
  },
  {
    name: 'the slate stays while the item in line is not primed',
    world: [holderIsSlate, waiterLines(itemAt('rain.mp4', 0, 60_500), { primed: false })],
    plan: ['uplink-kept playout-replace queue-kept', 'degraded SlateShowing'],
  },
  {
    name: 'new media first goes in line, in place of the slate',
    world: [mediaEdited('snow.mp4')],
    plan: [
      'uplink-kept playout-replace queue-wrong',
      'degraded Converging',
      'SIGKILL to the group of q1: another is wished in line',
    ],
  },
  {
    name: 'new media that is being looked up changes nothing on air, and nobody says all is as wished',
    world: [mediaEdited('snow.mp4'), mediaPending],
    plan: ['uplink-kept playout-undecided queue-kept', 'degraded Converging'],
  },
  {
    name: 'new media in line, primed, takes over',
    world: [mediaEdited('snow.mp4'), waiterPlays(itemAt('snow.mp4', 0))],
    plan: [
      'uplink-kept playout-handover queue-closed',
      'degraded Converging',
      'SIGKILL to the process of p1: something else is wished',
    ],
  },
  {
    name: 'new media that is not there gives the air to the slate',
    world: [mediaEdited('gone.mp4')],
    plan: [
      'uplink-kept playout-handover queue-closed',
      'degraded Converging',
      'SIGKILL to the process of p1: something else is wished',
    ],
  },
  {
    name: 'a list that still has the item on air changes nothing on air',
    world: [mediaEdited('snow.mp4', 'rain.mp4')],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'a new bitrate first puts the rest of the item in line',
    world: [bitrateEdited],
    plan: [
      'uplink-kept playout-replace queue-wrong',
      'degraded Converging',
      'SIGKILL to the group of q1: another is wished in line',
    ],
  },
  {
    name: 'a new bitrate with nobody in line starts the rest of the item',
    world: [bitrateEdited, noWaiter],
    plan: [
      'uplink-kept playout-replace queue-next',
      'degraded Converging',
      'start playout n1-q: rain.mp4 #0.0 from 60.497 s, transcode, 1280x720@30 4500k',
    ],
  },
  {
    name: 'a new bitrate waits for the facts of the item on air',
    world: [bitrateEdited, mediaPending, noWaiter],
    plan: [
      'uplink-kept playout-undecided queue-slate',
      'degraded Converging',
      'start playout n1-q: slate, 1280x720@30 4500k',
    ],
  },
  {
    name: 'a new bitrate takes over once the rest of the item is primed',
    world: [bitrateEdited, waiterPlays(itemAt('rain.mp4', 0, 60_500, { ...SPEC, bitrateKbps: 4_500 }))],
    plan: [
      'uplink-kept playout-handover queue-closed',
      'degraded Converging',
      'SIGKILL to the process of p1: something else is wished',
    ],
  },
  {
    name: 'a prefix that is being listed is waited for',
    world: [prefixWished, mediaPending, nothingRuns, freshDaemon],
    plan: ['uplink-unfed playout-awaits-media queue-closed', 'starting Starting'],
  },
  {
    name: 'an empty prefix shows the slate and says so',
    world: [prefixWished, emptyPrefix, nothingRuns, freshDaemon],
    plan: [
      'uplink-start playout-slate queue-closed',
      'starting Starting',
      'start uplink n1-u',
      'start playout n1-p: slate, 1280x720@30 3000k',
    ],
  },
  {
    name: 'an item without a successor gets the slate behind it',
    world: [noWaiter],
    plan: ['uplink-kept playout-kept queue-slate', 'live OnAir', 'start playout n1-q: slate, 1280x720@30 3000k'],
  },
  {
    name: 'an item in line stays while what is to follow instead is not known yet',
    world: [itemNearEnd(), noWaiter, waiterLines(itemAt('snow.mp4', 1)), mediaPending],
    plan: ['uplink-kept playout-undecided queue-kept', 'live OnAir'],
  },
  {
    name: 'near its end the slate in line makes room for the next item',
    world: [itemNearEnd()],
    plan: [
      'uplink-kept playout-kept queue-wrong',
      'live OnAir',
      'SIGKILL to the group of q1: another is wished in line',
    ],
  },
  {
    name: 'near its end with nobody in line the next item starts',
    world: [itemNearEnd(), noWaiter],
    plan: [
      'uplink-kept playout-kept queue-next',
      'live OnAir',
      'start playout n1-q: snow.mp4 #0.1, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'near its end the next item stays in line',
    world: [itemNearEnd(), waiterPlays(itemAt('snow.mp4', 1))],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'near its end with an unusable successor the one after it is next',
    world: [itemNearEnd(), noWaiter, mediaFails('MediaUndecodable', 'snow.mp4')],
    plan: [
      'uplink-kept playout-kept queue-next',
      'degraded MediaUndecodable',
      'start playout n1-q: wind.mp4 #0.2, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'near its end with a successor that failed lately the one after it is next',
    world: [itemNearEnd(), noWaiter, itemWaits('snow.mp4')],
    plan: [
      'uplink-kept playout-kept queue-next',
      'live OnAir',
      'start playout n1-q: wind.mp4 #0.2, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'an item that stood in line for more than a minute is renewed',
    world: [itemNearEnd(), waiterPlays(itemAt('snow.mp4', 1), { startedAtMs: NOW_MS - 61_000 })],
    plan: [
      'uplink-kept playout-kept queue-stale',
      'live OnAir',
      'SIGKILL to the group of q1: it stood in line for too long',
    ],
  },
  {
    name: 'a frozen playout in line is killed',
    world: [waiterIs({ life: 'frozen' })],
    plan: [
      'uplink-kept playout-kept queue-frozen',
      'live OnAir',
      'SIGKILL to the group of q1: the playout in line is frozen',
    ],
  },
  {
    name: 'a playout in line that is being ended goes on being ended',
    world: [beingStopped('q1', { manner: 'kill', reason: 'another is wished in line' })],
    plan: ['uplink-kept playout-kept queue-stopping', 'live OnAir'],
  },
  {
    name: 'a second one in line is killed',
    world: [secondWaiter],
    plan: [
      'uplink-kept playout-surplus queue-closed',
      'degraded Converging',
      'SIGKILL to the group of q2: more than one in line',
    ],
  },
  {
    name: 'behind a slate that is right nobody stands in line',
    world: [holderIsSlate, mediaFails('MediaNotFound', 'rain.mp4', 'snow.mp4', 'wind.mp4')],
    plan: ['uplink-kept playout-kept queue-empty', 'degraded MediaNotFound'],
  },
];
