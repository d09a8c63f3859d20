import { isComingBack } from '../broadcast/recycle.ts';
import type { Observation } from '../model/observation.ts';
import type { Status } from '../model/status.ts';
import { uplinkHealth } from '../runs/uplink-health.ts';
import type { StatusContext } from './context.ts';
import { firstProblem, obstacleOf } from './obstacle.ts';
import { onAirStatus, troubled } from './on-air.ts';

/** The status of this pass: `live` and `degraded` only while the ingest acknowledges bytes. */
export function statusOf(context: StatusContext): Status {
  const { desired, world, observation, now } = context;
  if (world === null) {
    const why = observation.runs.kind === 'unknown' ? observation.runs.why : 'the processes could not be seen';
    return { status: 'down', reason: 'ObservationFailed', message: why };
  }
  const health = world.uplink === null ? null : uplinkHealth(world.uplink, now.monoMs);
  switch (desired.kind) {
    case 'none':
      return {
        status: health?.kind === 'live' ? 'degraded' : 'down',
        reason: desired.reason,
        message: desired.message,
      };
    case 'offAir':
      if (desired.reason === 'ShuttingDown')
        return { status: 'stopping', reason: desired.reason, message: 'the daemon was told to end' };
      if (desired.reason === 'Recycling')
        return { status: 'stopped', reason: 'Recycling', message: recycleMessage(context) };
      return world.uplink === null && world.holder === null
        ? stoppedStatus(observation)
        : { status: 'stopping', reason: 'StoppedByFile', message: 'going off air as desired.yaml says' };
    case 'onAir': {
      const verdict = health === null ? offAirStatus(context) : onAirStatus(context, world, health, desired.hash);
      // The seconds until the next broadcast has begun belong to the pause, so that no monitor raises an alarm.
      return verdict.status === 'starting' && isComingBack(context.memory.recycle, now)
        ? { status: 'stopped', reason: 'Recycling', message: 'the next broadcast is about to begin' }
        : verdict;
    }
  }
}

/** Off air by the last good file. A file that is refused may be meant to switch on, so that is told. */
function stoppedStatus({ desired }: Observation): Status {
  const { file } = desired;
  switch (file.kind) {
    case 'ok':
      return { status: 'stopped', reason: 'StoppedByFile', message: 'desired.yaml says running: false' };
    case 'invalid': {
      const message = `desired.yaml is refused, and the last good one says running: false; ${firstProblem(file.problems)}`;
      return { status: 'stopped', reason: 'DesiredInvalid', message };
    }
    case 'missing':
      return {
        status: 'stopped',
        reason: 'DesiredMissing',
        message: `${file.message}; the last good one says running: false`,
      };
  }
}

function recycleMessage({ memory, now }: StatusContext): string {
  const seconds = Math.max(0, Math.ceil(((memory.recycle.pausedUntilMs ?? now.monoMs) - now.monoMs) / 1000));
  return `the broadcast was ended as planned; the next begins in ${seconds} s`;
}

function offAirStatus(context: StatusContext): Status {
  const { observation, rules, memory, now } = context;
  const obstacle = obstacleOf(observation);
  if (obstacle !== null) return { status: 'down', ...obstacle };
  const { backoff } = memory.uplink;
  if (rules.uplink === 'uplink-waiting' || backoff.failures > 0) {
    const seconds = Math.max(0, Math.ceil((backoff.notBeforeMs - now.monoMs) / 1000));
    const soon = observation.ingest.kind === 'refuses' ? ', or as soon as its port answers' : '';
    return troubled(context, `trying again ${seconds > 0 ? `in ${seconds} s${soon}` : 'now'}`);
  }
  const message = observation.toolchain.kind === 'checking' ? 'looking at FFmpeg' : 'the uplink is about to start';
  return { status: 'starting', reason: 'Starting', message };
}
