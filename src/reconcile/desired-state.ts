import type { DesiredState, Intent } from './model/desired.ts';
import type { Observation } from './model/observation.ts';
import { firstProblem } from './status/obstacle.ts';

/** The desired state of this pass. `paused`: a recycle keeps the stream off air just now. */
export function desiredStateOf(observation: Observation, intent: Intent, paused: boolean): DesiredState {
  const { file, accepted } = observation.desired;
  if (intent === 'stop') return { kind: 'offAir', reason: 'ShuttingDown', hash: accepted?.hash ?? null };
  if (accepted !== null) {
    const { hash, spec } = accepted;
    if (spec.running && paused) return { kind: 'offAir', reason: 'Recycling', hash };
    return spec.running ? { kind: 'onAir', spec, hash } : { kind: 'offAir', reason: 'StoppedByFile', hash };
  }
  if (file.kind === 'missing') return { kind: 'none', reason: 'DesiredMissing', message: file.message };
  const message = file.kind === 'invalid' ? firstProblem(file.problems) : 'not read yet';
  return { kind: 'none', reason: 'DesiredInvalid', message };
}
