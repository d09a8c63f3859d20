import { describe, expect, it } from 'vitest';
import { absent } from '../../../src/reconcile/model/observed.ts';
import {
  backoffWaiting,
  backoffWaitingOnRefusal,
  bitrateEdited,
  desiredInvalid,
  desiredMissing,
  freshDaemon,
  holderDead,
  holderIs,
  holderIsSlate,
  holderPlays,
  holderStarved,
  ingestRefusing,
  inputThin,
  lineThin,
  mediaFails,
  mediaPending,
  nothingAccepted,
  nothingRuns,
  noWaiter,
  recyclePaused,
  retriesExhausted,
  runsUnknown,
  shuttingDown,
  stopWished,
  storageDown,
  storeThin,
  streamKeyMissing,
  talliesAre,
  toolchainChecking,
  toolchainMissing,
  unacked,
  uplinkConnecting,
  uplinkDead,
  uplinkIs,
  uplinkSilent,
} from '../mutations.ts';
import {
  copyableFacts,
  healthyWorld,
  mutate,
  type Mutation,
  NOW_MS,
  planOf,
  playedAs,
  SETTINGS,
  SPEC,
} from '../world-builder.ts';

interface VerdictRow {
  readonly name: string;
  readonly world: readonly Mutation[];
  readonly verdict: string;
  readonly message: string;
}

const downFor = (ms: number): Mutation => talliesAre({ downSinceMs: NOW_MS - ms });
const failedWith =
  (lastFailure: string): Mutation =>
  (world) =>
    talliesAre({ uplink: { ...world.memory.uplink, lastFailure } })(world);
/** An item whose last playout ended by itself in its middle. */
const endedEarly: Mutation = (world) =>
  talliesAre({
    items: {
      'snow.mp4': {
        failures: 1,
        step: 1,
        notBeforeMs: NOW_MS,
        deathsAtMs: [],
        endedEarlyAtMs: 5_100,
        storeFailed: false,
        suspicion: null,
        missing: null,
        tooSlow: null,
      },
    },
  })(world);
const appliedIsThis: Mutation = (world) =>
  talliesAre({ appliedHash: world.observation.desired.accepted?.hash ?? null })(world);

const AT_BEGIN = { round: 0, index: 0, key: 'rain.mp4', offsetMs: 0 };
/** An item that needs no encoding. */
const copied = playedAs(copyableFacts('rain.mp4'), SPEC, AT_BEGIN, { urlTtlMs: SETTINGS.urlTtlMs, sole: false });

const VERDICTS: readonly VerdictRow[] = [
  { name: 'all as wished', world: [], verdict: 'live OnAir', message: '"rain.mp4" is on air' },
  {
    name: 'the processes cannot be seen',
    world: [runsUnknown],
    verdict: 'down ObservationFailed',
    message: '/proc cannot be read',
  },
  {
    name: 'no file ever, and nothing on air',
    world: [desiredMissing, nothingAccepted, nothingRuns],
    verdict: 'down DesiredMissing',
    message: 'there is no desired.yaml',
  },
  {
    name: 'no file ever, and an earlier daemon’s stream on air',
    world: [desiredMissing, nothingAccepted],
    verdict: 'degraded DesiredMissing',
    message: 'there is no desired.yaml',
  },
  {
    name: 'no good file ever, and nothing on air',
    world: [desiredInvalid, nothingAccepted, nothingRuns],
    verdict: 'down DesiredInvalid',
    message: 'line ',
  },
  { name: 'told to end', world: [shuttingDown], verdict: 'stopping ShuttingDown', message: 'told to end' },
  { name: 'going off air', world: [stopWished], verdict: 'stopping StoppedByFile', message: 'going off air' },
  {
    name: 'off air but for a playout',
    world: [stopWished, uplinkDead],
    verdict: 'stopping StoppedByFile',
    message: 'going off air',
  },
  {
    name: 'off air',
    world: [stopWished, nothingRuns],
    verdict: 'stopped StoppedByFile',
    message: 'desired.yaml says running: false',
  },
  {
    name: 'off air, and a file that might say otherwise is refused',
    world: [stopWished, nothingRuns, desiredInvalid],
    verdict: 'stopped DesiredInvalid',
    message: 'desired.yaml is refused, and the last good one says running: false; line ',
  },
  {
    name: 'off air, and the file is gone',
    world: [stopWished, nothingRuns, desiredMissing],
    verdict: 'stopped DesiredMissing',
    message: 'there is no desired.yaml; the last good one says running: false',
  },
  {
    name: 'in the pause between two broadcasts',
    world: [recyclePaused(61_500), nothingRuns],
    verdict: 'stopped Recycling',
    message: 'the next begins in 62 s',
  },
  {
    name: 'saying goodbye before the pause',
    world: [recyclePaused(90_000)],
    verdict: 'stopped Recycling',
    message: 'the next begins in 90 s',
  },
  {
    name: 'coming back after the pause',
    world: [recyclePaused(-1_000), nothingRuns],
    verdict: 'stopped Recycling',
    message: 'the next broadcast is about to begin',
  },
  {
    name: 'connecting after the pause',
    world: [recyclePaused(-3_000), uplinkConnecting(2_000), downFor(2_500)],
    verdict: 'stopped Recycling',
    message: 'the next broadcast is about to begin',
  },
  {
    name: 'on air after the pause',
    world: [recyclePaused(-5_000)],
    verdict: 'live OnAir',
    message: '"rain.mp4" is on air',
  },
  {
    name: 'refused after the pause',
    world: [recyclePaused(-5_000), nothingRuns, backoffWaiting],
    verdict: 'down IngestUnreachable',
    message: 'uplink exit 1: Connection refused',
  },
  {
    name: 'without a stream key',
    world: [nothingRuns, streamKeyMissing],
    verdict: 'down StreamKeyMissing',
    message: 'set YOUTUBE_STREAM_KEY',
  },
  {
    name: 'without FFmpeg',
    world: [nothingRuns, toolchainMissing],
    verdict: 'down FfmpegMissing',
    message: 'no ffmpeg on PATH: install it',
  },
  {
    name: 'without FFmpeg, the stream on air',
    world: [toolchainMissing],
    verdict: 'live OnAir',
    message: '"rain.mp4" is on air',
  },
  {
    name: 'waiting after a failure',
    world: [nothingRuns, backoffWaiting, failedWith('uplink exit 1: Broken pipe')],
    verdict: 'down UplinkFailed',
    message: 'uplink exit 1: Broken pipe; trying again in 20 s',
  },
  {
    name: 'waiting after a refusal that is not asked about just now',
    world: [nothingRuns, backoffWaiting],
    verdict: 'down IngestUnreachable',
    message: 'uplink exit 1: Connection refused; trying again in 20 s',
  },
  {
    name: 'connecting after a failure of another kind',
    world: [backoffWaiting, failedWith('uplink exit 1: Broken pipe'), uplinkConnecting(3_000), downFor(3_000)],
    verdict: 'down UplinkFailed',
    message: 'uplink exit 1: Broken pipe; trying again now',
  },
  {
    name: 'waiting for an ingest that refuses',
    world: [nothingRuns, backoffWaitingOnRefusal, ingestRefusing],
    verdict: 'down IngestUnreachable',
    message: 'trying again in 20 s, or as soon as its port answers',
  },
  {
    name: 'given up',
    world: [nothingRuns, retriesExhausted],
    verdict: 'down IngestUnreachable',
    message: 'uplink exit 1: Connection refused',
  },
  {
    name: 'looking at FFmpeg',
    world: [nothingRuns, freshDaemon, toolchainChecking],
    verdict: 'starting Starting',
    message: 'looking at FFmpeg',
  },
  {
    name: 'about to start',
    world: [nothingRuns, freshDaemon],
    verdict: 'starting Starting',
    message: 'the uplink is about to start',
  },
  {
    name: 'looking the media up',
    world: [nothingRuns, freshDaemon, mediaPending],
    verdict: 'starting Starting',
    message: 'the uplink is about to start',
  },
  {
    name: 'connecting',
    world: [uplinkConnecting(3_000), downFor(19_999)],
    verdict: 'starting Connecting',
    message: 'the uplink is connecting to the ingest',
  },
  {
    name: 'connecting for too long',
    world: [uplinkConnecting(3_000), downFor(20_000)],
    verdict: 'down IngestUnresponsive',
    message: 'the ingest takes no data',
  },
  {
    name: 'connecting after a failure',
    world: [backoffWaiting, uplinkConnecting(3_000), downFor(3_000)],
    verdict: 'down IngestUnreachable',
    message: 'uplink exit 1: Connection refused; trying again now',
  },
  {
    name: 'nothing sent for three seconds',
    world: [uplinkSilent(3_200)],
    verdict: 'down UplinkSilent',
    message: 'nothing has reached the ingest for 3 s',
  },
  {
    name: 'nothing sent for three seconds, as the store gives nothing',
    world: [storageDown, uplinkSilent(3_200), holderStarved],
    verdict: 'down StorageUnreachable',
    message: 'nothing has reached the ingest for 3 s: the store does not answer',
  },
  {
    name: 'nothing sent for three seconds, though it is fed while the store is away',
    world: [storageDown, uplinkSilent(3_200)],
    verdict: 'down UplinkSilent',
    message: 'nothing has reached the ingest for 3 s',
  },
  {
    name: 'nothing sent for three seconds by an item that starves while another cannot be played',
    world: [mediaFails('MediaUndecodable', 'snow.mp4'), uplinkSilent(3_200), holderStarved],
    verdict: 'down UplinkSilent',
    message: 'nothing has reached the ingest for 3 s',
  },
  {
    name: 'the connection gone',
    world: [uplinkIs({ sendQueue: absent })],
    verdict: 'down UplinkSilent',
    message: 'nothing has reached the ingest',
  },
  { name: 'unacknowledged for a moment', world: [unacked(2_999)], verdict: 'live OnAir', message: 'is on air' },
  {
    name: 'unacknowledged for three seconds',
    world: [unacked(3_000)],
    verdict: 'degraded UplinkLagging',
    message: 'acknowledged nothing for 3.0 s',
  },
  {
    name: 'unacknowledged for ten seconds',
    world: [unacked(10_100)],
    verdict: 'down UplinkLagging',
    message: 'acknowledged nothing for 10.1 s',
  },
  {
    name: 'a line that takes less than the stream has',
    world: [lineThin],
    verdict: 'degraded UplinkTooThin',
    message: 'less than the stream has: 0.72 s of programme a second, viewers are 8 s behind; lower bitrate',
  },
  {
    name: 'an encoder that is slower than its item',
    world: [inputThin],
    verdict: 'degraded EncodeTooSlow',
    message: 'encodes "rain.mp4" slower than it plays: 0.80 s of programme a second',
  },
  {
    name: 'a store that is slower than the item it gives',
    world: [holderPlays(copied), inputThin],
    verdict: 'degraded StorageSlow',
    message: 'the store gives "rain.mp4" slower than it plays',
  },
  {
    name: 'a store that is slower than the item it gives, which is encoded',
    world: [storeThin],
    verdict: 'degraded StorageSlow',
    message: 'the store gives "rain.mp4" slower than it plays',
  },
  {
    name: 'a slow slate',
    world: [holderIsSlate, inputThin],
    verdict: 'degraded EncodeTooSlow',
    message: 'this machine encodes what is on air slower than it plays',
  },
  {
    name: 'the file refused',
    world: [desiredInvalid],
    verdict: 'degraded DesiredInvalid',
    message: 'line ',
  },
  {
    name: 'the file deleted',
    world: [desiredMissing],
    verdict: 'degraded DesiredMissing',
    message: 'there is no desired.yaml',
  },
  {
    name: 'the slate on air though nothing is known to be wrong',
    world: [holderIsSlate],
    verdict: 'degraded SlateShowing',
    message: 'the slate is on air until the media is ready',
  },
  {
    name: 'the slate on air for want of the store',
    world: [holderIsSlate, storageDown],
    verdict: 'degraded StorageUnreachable',
    message: 'the store does not answer: check STORAGE_ENDPOINT and the network',
  },
  {
    name: 'nobody feeds the uplink',
    world: [holderDead, noWaiter],
    verdict: 'degraded PlayoutMissing',
    message: 'no playout feeds the uplink',
  },
  {
    name: 'on its way to what is wished',
    world: [bitrateEdited],
    verdict: 'degraded Converging',
    message: 'on air, and changing to what desired.yaml says',
  },
  {
    name: 'an item of the list that cannot be decoded',
    world: [mediaFails('MediaUndecodable', 'snow.mp4')],
    verdict: 'degraded MediaUndecodable',
    message: 'snow.mp4 cannot be used',
  },
  {
    name: 'an item of the list that ended early',
    world: [endedEarly],
    verdict: 'degraded MediaEndsEarly',
    message: '"snow.mp4" ended early, 5.1 s in',
  },
  {
    name: 'adopted, facts still to come, the file applied before',
    world: [mediaPending, appliedIsThis],
    verdict: 'live OnAir',
    message: '"rain.mp4" is on air',
  },
  {
    name: 'adopted, facts still to come, the file new',
    world: [mediaPending, talliesAre({ appliedHash: 'ffffffffffff' })],
    verdict: 'degraded Converging',
    message: 'changing to what desired.yaml says',
  },
  {
    name: 'adopted, facts still to come, the playout without a readable record',
    world: [mediaPending, appliedIsThis, holderIs({ record: null })],
    verdict: 'degraded Converging',
    message: 'changing to what desired.yaml says',
  },
];

describe('the verdict', () => {
  it.each(VERDICTS)('$name: $verdict', ({ world, verdict, message }) => {
    const told = planOf(mutate(healthyWorld(), ...world)).verdict;
    expect(`${told.status} ${told.reason}`).toBe(verdict);
    expect(told.message).toContain(message);
  });

  it.each(VERDICTS.filter(({ verdict }) => verdict.startsWith('live')))(
    'never says live without acknowledged bytes: $name',
    ({ world }) => {
      for (const trouble of [uplinkDead, unacked(3_000), uplinkSilent(3_000), uplinkConnecting(1_000)]) {
        expect(planOf(mutate(healthyWorld(), ...world, trouble)).verdict.status).not.toBe('live');
      }
    },
  );
});
