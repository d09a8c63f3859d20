import type { Intent, Wish } from './model/desired.ts';
import type { Observation, Obstacle } from './model/observation.ts';
import type { Reason } from './model/reasons.ts';

/** `paused`: the broadcast is being recycled just now. */
export function wishOf(observation: Observation, intent: Intent, paused: boolean): Wish {
  const { file, accepted } = observation.desired;
  if (intent === 'stop') return { kind: 'offAir', reason: 'ShuttingDown', hash: accepted?.hash ?? null };
  if (accepted !== null) {
    const { hash, spec } = accepted;
    if (spec.running && paused) return { kind: 'offAir', reason: 'Recycling', hash };
    return spec.running ? { kind: 'onAir', spec, hash } : { kind: 'offAir', reason: 'StoppedByFile', hash };
  }
  if (file.kind === 'missing') return { kind: 'none', reason: 'DesiredMissing', message: file.message };
  const first = file.kind === 'invalid' ? file.problems[0] : undefined;
  const message = first === undefined ? 'not read yet' : `line ${first.line}, column ${first.column}: ${first.message}`;
  return { kind: 'none', reason: 'DesiredInvalid', message };
}

/** What prevents any start, other than media. */
export function obstacleOf(observation: Observation): { readonly reason: Reason; readonly message: string } | null {
  const { toolchain, obstacles } = observation;
  const first: Obstacle | undefined = obstacles[0];
  if (first !== undefined) return first;
  if (toolchain.kind === 'unusable') return { reason: toolchain.reason, message: toolchain.message };
  return null;
}
