import { broadcastCondition } from '../broadcast/condition.ts';
import type { MediaTables } from '../model/observation.ts';
import type { Reason } from '../model/reasons.ts';
import type { Condition, Status } from '../model/status.ts';
import { artworkProblem } from '../programme/artwork.ts';
import { contradictedConditions } from '../programme/contradicted.ts';
import { uplinkHealth, type UplinkHealth } from '../runs/uplink-health.ts';
import type { StatusContext } from './context.ts';
import { firstProblem } from './obstacle.ts';
import { liveAtYouTubeMs, renewedCountable, youTubeConditions } from './youtube.ts';

/** All conditions of `/health`. */
export function conditionsOf(context: StatusContext, verdict: Status): readonly Condition[] {
  return [
    desiredCondition(context),
    uplinkCondition(context),
    programmeCondition(context, verdict),
    renewedCountable(context.youtube) ?? broadcastCondition(context, liveAtYouTubeMs(context.youtube)),
    ...youTubeConditions(context.youtube),
    ...artworkConditions(context),
    ...mediaConditions(context),
    ...keyConditions(context),
    reservoirCondition(context),
    ...notifyConditions(context),
  ];
}

function desiredCondition({ observation }: StatusContext): Condition {
  const type = 'DesiredAccepted';
  const { file } = observation.desired;
  switch (file.kind) {
    case 'ok':
      return { type, status: 'True', reason: 'Accepted', message: 'desired.yaml is valid' };
    case 'invalid':
      return { type, status: 'False', reason: 'DesiredInvalid', message: firstProblem(file.problems) };
    case 'missing':
      return { type, status: 'False', reason: 'DesiredMissing', message: file.message };
  }
}

function uplinkCondition({ world, now }: StatusContext): Condition {
  const type = 'UplinkAcknowledged';
  if (world === null)
    return { type, status: 'Unknown', reason: 'ObservationFailed', message: 'the processes could not be seen' };
  if (world.uplink === null) return { type, status: 'False', reason: 'NoUplink', message: 'there is no uplink' };
  const health = uplinkHealth(world.uplink, now.monoMs);
  return health.kind === 'live'
    ? { type, status: 'True', reason: 'Acknowledged', message: 'the ingest acknowledges bytes' }
    : { type, status: 'False', reason: NOT_ACKNOWLEDGED[health.kind], message: `the uplink is ${health.kind}` };
}

const NOT_ACKNOWLEDGED: Readonly<Record<Exclude<UplinkHealth['kind'], 'live'>, Reason>> = {
  connecting: 'UplinkConnecting',
  lagging: 'UplinkLagging',
  silent: 'UplinkSilent',
};

/** Slate and visual are needed when nothing else can be shown, so it is told beforehand when their copies are missing. */
function artworkConditions({ desired, observation }: StatusContext): readonly Condition[] {
  const type = 'SceneryAtHand';
  if (desired.kind !== 'onAir' || (desired.spec.slate === null && desired.spec.visual === null)) return [];
  const problem = artworkProblem(desired.spec, observation.media);
  if (problem !== null) return [{ type, status: 'False', ...problem }];
  const kept = ['slate and visual are kept on this machine', ...clipProblems(observation.media)];
  return [{ type, status: 'True', reason: 'SceneryKept', message: kept.join('; ') }];
}

const mediaConditions = ({ desired, observation }: StatusContext): readonly Condition[] =>
  desired.kind === 'onAir' ? contradictedConditions(desired.spec, observation.media) : [];

/** Why slate or visuals are encoded while they are shown; empty = their clips are there. */
const clipProblems = ({ clips }: MediaTables): readonly string[] =>
  [...clips.values()].flatMap((clip) =>
    clip.kind === 'failed' ? [`${clip.failure.message}, so it is encoded while it is shown`] : [],
  );

/** Whether the stream key is in FFmpeg's command line. */
function keyConditions({ observation }: StatusContext): readonly Condition[] {
  const type = 'StreamKeyHidden';
  const { toolchain } = observation;
  if (toolchain.kind !== 'ready') return [];
  if (toolchain.keyDelivery === 'preset') {
    return [{ type, status: 'True', reason: 'KeyInPreset', message: 'the stream key is in no command line' }];
  }
  const message = `FFmpeg ${toolchain.version} ignores the preset that hides the stream key: every user of this machine can read it in the process list; use an FFmpeg before 8.1, or mount /proc with hidepid=2`;
  return [{ type, status: 'False', reason: 'KeyInCommandLine', message }];
}

/** Without reservoirs the stream works, but viewers see every fault of FFmpeg or the store. */
function reservoirCondition({ observation }: StatusContext): Condition {
  const type = 'ReservoirAtHand';
  if (observation.mbuffer === 'atHand') {
    return { type, status: 'True', reason: 'ReservoirUsed', message: 'items have 20 s of programme in memory' };
  }
  const message =
    'there is no mbuffer that works: whatever befalls FFmpeg or the store is seen; apt-get install mbuffer';
  return { type, status: 'False', reason: 'MbufferMissing', message };
}

/** Whether messages about troubles are delivered; no condition without a `NOTIFY_URL`. */
function notifyConditions({ observation }: StatusContext): readonly Condition[] {
  const type = 'Notified';
  const { notifier } = observation;
  if (notifier === null) return [];
  const { last } = notifier;
  if (last === null) {
    const message = 'nothing has been sent yet; streamctl notify test sends a message';
    return [{ type, status: 'Unknown', reason: 'NotifyIdle', message }];
  }
  const at = new Date(last.atWallMs).toISOString();
  switch (last.kind) {
    case 'delivered':
      return [{ type, status: 'True', reason: 'NotifyDelivered', message: `the last message was taken at ${at}` }];
    case 'failed': {
      const message = `the message sent at ${at} was not taken: ${last.why}; see streamctl notify test`;
      return [{ type, status: 'False', reason: 'NotifyFailed', message }];
    }
  }
}

function programmeCondition({ world, mediaFailure }: StatusContext, verdict: Status): Condition {
  const type = 'ProgrammeOnAir';
  if (verdict.status === 'live') return { type, status: 'True', reason: 'OnAir', message: verdict.message };
  if (mediaFailure !== null) return { type, status: 'False', ...mediaFailure };
  const { holder } = world ?? { holder: null };
  const what =
    holder === null ? 'nothing plays' : holder.record?.kind === 'slate' ? 'the slate plays' : 'an item plays';
  const isOnAir = verdict.status === 'degraded' && holder?.record?.kind === 'item';
  return { type, status: isOnAir ? 'True' : 'False', reason: verdict.reason, message: what };
}
