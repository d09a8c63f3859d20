import {
  desiredInvalid,
  backoffWaiting,
  backoffWaitingOnRefusal,
  beingStopped,
  duplicateUplink,
  exited,
  freshDaemon,
  holderIsSlate,
  holderStarved,
  ingestAccepting,
  ingestRefusing,
  inputThin,
  lineThin,
  lineWideAgain,
  nothingRuns,
  pictureMissing,
  resolutionEdited,
  retriesExhausted,
  runsUnknown,
  seenBefore,
  soundMissing,
  streamKeyMissing,
  suspendedFor,
  toolchainChecking,
  toolchainMissing,
  unacked,
  uplinkConnecting,
  uplinkDead,
  uplinkFailed,
  uplinkFrozen,
  uplinkIs,
  uplinkOfOtherSession,
  uplinkSilent,
} from './mutations.ts';
import type { PlanRow } from './plan-row.ts';
import { NOW_MS } from './world-builder.ts';

/** What becomes of the uplink, and what keeps it from starting. */
export const UPLINK_ROWS: readonly PlanRow[] = [
  {
    name: 'nothing is done while all is as wished',
    world: [],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'nothing is done when the processes cannot be seen',
    world: [runsUnknown],
    plan: ['uplink-unseen playout-unseen queue-closed', 'down ObservationFailed'],
  },
  {
    name: 'a dead uplink that had been healthy makes room for a new session at once',
    world: [uplinkDead, exited({ runId: 'u1', role: 'uplink' })],
    plan: [
      'uplink-renew playout-kept queue-closed',
      'starting Starting',
      'SIGKILL to the group of p1: a new session begins with a key frame',
      'SIGKILL to the group of q1: a new session begins with a key frame',
      'forget uplink u1',
    ],
  },
  {
    name: 'an uplink that dies young is waited for, and the port of the ingest is tried',
    world: [uplinkConnecting(2_000), seenBefore, uplinkDead, exited({ runId: 'u1', role: 'uplink' })],
    plan: ['uplink-waiting playout-kept queue-kept', 'down UplinkFailed', 'probe the ingest', 'forget uplink u1'],
  },
  {
    name: 'a wait goes on while the ingest refuses',
    world: [uplinkDead, backoffWaiting, ingestRefusing],
    plan: ['uplink-waiting playout-kept queue-kept', 'down IngestUnreachable', 'probe the ingest'],
  },
  {
    name: 'an ingest that accepts again ends the wait',
    world: [nothingRuns, backoffWaitingOnRefusal, ingestAccepting],
    plan: [
      'uplink-start playout-start queue-closed',
      'down IngestUnreachable',
      'start uplink n1-u',
      'start playout n1-p: rain.mp4 #0.0 from 59.497 s, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'an uplink that failed for no known reason of the ingest is followed by one that begins with the slate',
    world: [nothingRuns, uplinkFailed],
    plan: [
      'uplink-start playout-slate queue-closed',
      'down UplinkFailed',
      'start uplink n1-u',
      'start playout n1-p: slate, 1280x720@30 3000k',
    ],
  },
  {
    name: 'which gives way to the item only once something has been sent',
    world: [uplinkFailed, uplinkConnecting(500), holderIsSlate],
    plan: ['uplink-kept playout-opens queue-closed', 'down UplinkFailed'],
  },
  {
    name: 'an ingest that never refused does not end the wait',
    world: [uplinkDead, backoffWaiting, ingestAccepting],
    plan: ['uplink-waiting playout-kept queue-kept', 'down IngestUnreachable', 'probe the ingest'],
  },
  {
    name: 'after the last retry the daemon exits and leaves the playout',
    world: [uplinkDead, retriesExhausted],
    plan: [
      'uplink-given-up playout-kept queue-kept',
      'down IngestUnreachable',
      'exit 1: gave up after 3 failures of the uplink in a row; the last: uplink exit 1: Connection refused',
    ],
  },
  {
    name: 'an uplink that was stopped by a signal is ended briskly',
    world: [uplinkFrozen],
    plan: ['uplink-frozen playout-kept queue-kept', 'live OnAir', 'SIGKILL to the group of u1: the uplink is frozen'],
  },
  {
    name: 'an uplink that was stopped for a moment only is left alone',
    world: [uplinkIs({ life: 'frozen' })],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'bytes unacknowledged for 3.5 s are told, and nothing is done yet',
    world: [unacked(3_500)],
    plan: ['uplink-kept playout-kept queue-kept', 'degraded UplinkLagging'],
  },
  {
    name: 'bytes unacknowledged for more than 4.5 s end the uplink',
    world: [unacked(4_600)],
    plan: [
      'uplink-unacknowledged playout-kept queue-kept',
      'degraded UplinkLagging',
      'SIGKILL to the group of u1: the ingest acknowledges nothing',
    ],
  },
  {
    name: 'an uplink that stands still though it is fed is ended',
    world: [uplinkSilent(5_500)],
    plan: [
      'uplink-stalled playout-kept queue-kept',
      'down UplinkSilent',
      'SIGTERM to the process of u1: the uplink makes no progress though it is fed',
    ],
  },
  {
    name: 'an uplink that stands still because nothing feeds it is kept',
    world: [uplinkSilent(4_000), holderStarved],
    plan: ['uplink-kept playout-kept queue-kept', 'down UplinkSilent'],
  },
  {
    name: 'an uplink that connects is given time',
    world: [uplinkConnecting(5_000), freshDaemon],
    plan: ['uplink-kept playout-kept queue-kept', 'starting Connecting'],
  },
  {
    name: 'an uplink that has not connected after 10 s is ended',
    world: [uplinkConnecting(10_500), freshDaemon],
    plan: [
      'uplink-stalled playout-kept queue-kept',
      'starting Connecting',
      'SIGTERM to the process of u1: the uplink makes no progress though it is fed',
    ],
  },
  {
    name: 'an uplink whose line is too thin is kept: what it sends is more than nothing',
    world: [lineThin],
    plan: ['uplink-kept playout-kept queue-kept', 'degraded UplinkTooThin'],
  },
  {
    name: 'an uplink that gets too little from its playout is kept',
    world: [inputThin],
    plan: ['uplink-kept playout-kept queue-kept', 'degraded EncodeTooSlow'],
  },
  {
    name: 'an uplink that would pour out the past once its line is wide again is ended',
    world: [lineWideAgain],
    plan: [
      'uplink-belated playout-kept queue-kept',
      'degraded UplinkTooThin',
      'SIGTERM to the process of u1: viewers watch the past, and the line is wide again',
    ],
  },
  {
    name: 'an item that sends no picture is ended, and the session with it: what follows would be as far apart',
    world: [pictureMissing],
    plan: [
      'uplink-apart playout-one-sided queue-closed',
      'degraded PictureMissing',
      'SIGTERM to the process of u1: picture and sound would stay apart',
      'SIGKILL to the group of p1: the item sends no picture',
    ],
  },
  {
    name: 'so is one that sends no sound',
    world: [soundMissing],
    plan: [
      'uplink-apart playout-one-sided queue-closed',
      'degraded SoundMissing',
      'SIGTERM to the process of u1: picture and sound would stay apart',
      'SIGKILL to the group of p1: the item sends no sound',
    ],
  },
  {
    name: 'once the session is gone the next begins with the item that follows',
    world: [pictureMissing, seenBefore, nothingRuns],
    plan: [
      'uplink-start playout-start queue-closed',
      'starting Starting',
      'start uplink n1-u',
      'start playout n1-p: snow.mp4 #0.1, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'while nothing can follow the session is kept, and the item replaced all the same',
    world: [pictureMissing, toolchainMissing],
    plan: [
      'uplink-kept playout-one-sided queue-closed',
      'degraded PictureMissing',
      'SIGKILL to the group of p1: the item sends no picture',
    ],
  },
  {
    name: 'the slate is never ended for what it lacks',
    world: [holderIsSlate, pictureMissing],
    plan: [
      'uplink-kept playout-replace queue-next',
      'degraded SlateShowing',
      'start playout n1-q: rain.mp4 #0.0 from 59.497 s, transcode, 1280x720@30 3000k',
    ],
  },
  {
    name: 'an uplink of 24 days makes room for a new session',
    world: [uplinkIs({ startedAtMs: NOW_MS - 25 * 86_400_000 })],
    plan: [
      'uplink-aged playout-kept queue-kept',
      'live OnAir',
      'SIGTERM to the process of u1: the session nears the end of FLV time',
    ],
  },
  {
    name: 'an uplink of 24 days makes room whatever the file says, a broken one too',
    world: [uplinkIs({ startedAtMs: NOW_MS - 25 * 86_400_000 }), desiredInvalid],
    plan: [
      'uplink-aged playout-kept queue-kept',
      'degraded DesiredInvalid',
      'SIGTERM to the process of u1: the session nears the end of FLV time',
    ],
  },
  {
    name: 'a machine that slept begins a new session when it wakes',
    world: [suspendedFor(60_000)],
    plan: [
      'uplink-resumed playout-kept queue-kept',
      'live OnAir',
      'SIGKILL to the group of u1: the machine was suspended; the ingest has long hung up',
    ],
  },
  {
    name: 'clocks that drift apart by a second are no suspension',
    world: [suspendedFor(1_000)],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'the younger of two uplinks is killed',
    world: [duplicateUplink],
    plan: ['uplink-duplicate playout-kept queue-kept', 'live OnAir', 'SIGKILL to the group of u2: a second uplink'],
  },
  {
    name: 'an uplink that is being ended hears the second SIGTERM after a second',
    world: [beingStopped('u1')],
    plan: ['uplink-stopping playout-kept queue-kept', 'live OnAir', 'SIGTERM to the process of u1: off air is wished'],
  },
  {
    name: 'an uplink that is being ended is not hurried within the second',
    world: [beingStopped('u1', { sinceMs: NOW_MS - 300 })],
    plan: ['uplink-stopping playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'an uplink that will not end is killed after 5 s',
    world: [beingStopped('u1', { sinceMs: NOW_MS - 5_000, signals: 2 })],
    plan: ['uplink-stopping playout-kept queue-kept', 'live OnAir', 'SIGKILL to the group of u1: off air is wished'],
  },
  {
    name: 'no goodbye is said while FFmpeg is looked at',
    world: [uplinkOfOtherSession, toolchainChecking],
    plan: ['uplink-kept playout-kept queue-closed', 'live OnAir'],
  },
  {
    name: 'another session is wished: the uplink says goodbye while its playout feeds it',
    world: [uplinkOfOtherSession],
    plan: [
      'uplink-session-changed playout-kept queue-kept',
      'live OnAir',
      'SIGTERM to the process of u1: the session is wished otherwise',
    ],
  },
  {
    name: 'a new resolution begins with the goodbye of the uplink',
    world: [resolutionEdited],
    plan: [
      'uplink-session-changed playout-feeds-goodbye queue-closed',
      'degraded Converging',
      'SIGTERM to the process of u1: the session is wished otherwise',
    ],
  },
  {
    name: 'once the uplink of the old size is gone its playouts are killed',
    world: [resolutionEdited, uplinkDead],
    plan: [
      'uplink-renew playout-frame-changed queue-closed',
      'starting Starting',
      'SIGKILL to the group of p1: a new session begins with a key frame',
      'SIGKILL to the group of q1: a new session begins with a key frame',
    ],
  },
  {
    name: 'once they are gone too, both roles start in the new size',
    world: [resolutionEdited, nothingRuns],
    plan: [
      'uplink-start playout-start queue-closed',
      'starting Starting',
      'start uplink n1-u',
      'start playout n1-p: rain.mp4 #0.0 from 59.497 s, transcode, 1920x1080@30 3000k',
    ],
  },
  {
    name: 'without a stream key nothing new starts, and what runs is kept',
    world: [streamKeyMissing],
    plan: ['uplink-kept playout-kept queue-kept', 'live OnAir'],
  },
  {
    name: 'without a stream key nothing starts',
    world: [streamKeyMissing, nothingRuns],
    plan: ['uplink-blocked playout-blocked queue-closed', 'down StreamKeyMissing'],
  },
  {
    name: 'without FFmpeg nothing starts',
    world: [toolchainMissing, nothingRuns],
    plan: ['uplink-blocked playout-blocked queue-closed', 'down FfmpegMissing'],
  },
  {
    name: 'without FFmpeg what runs is kept',
    world: [toolchainMissing],
    plan: ['uplink-kept playout-kept queue-closed', 'live OnAir'],
  },
  {
    name: 'while FFmpeg is looked at nothing starts',
    world: [toolchainChecking, nothingRuns],
    plan: ['uplink-blocked playout-blocked queue-closed', 'starting Starting'],
  },
];
