import type { YouTubeMemory } from '../model/youtube/memory.ts';
import type { BroadcastContext } from '../model/youtube/context.ts';
import { liveOnOurStream, onOurStream } from './context.ts';
import type { BroadcastPlan } from './plan-broadcast.ts';
import { MOST_CREATIONS } from './timing.ts';

/** Checks the laws that every plan for YouTube's side obeys. A broken law is a bug in a rule; empty = none is broken. */
export function lintBroadcast(
  { call, memory }: BroadcastPlan,
  before: YouTubeMemory,
  { observation, desired }: BroadcastContext,
): readonly string[] {
  if (call === null) return [];
  const flaws: string[] = [];
  const { look, login, asking } = observation;
  if (login === null) flaws.push('it asks YouTube without a login');
  if (asking !== null) flaws.push('it asks YouTube while another call is under way');
  if (call.kind === 'look' || call.kind === 'readVideo') return flaws;
  if (desired.kind === 'leave') flaws.push('it writes to YouTube though nobody wishes it');
  if (look === null || look.stream === null) return [...flaws, 'it writes to YouTube without having looked'];
  const live = liveOnOurStream(look).map(({ id }) => id);
  const { attempt } = before;
  if (call.kind === 'insert') {
    if (attempt === null || attempt.sent) flaws.push('it begins a broadcast that could not be told from another');
    if (before.creationsWallMs.length >= MOST_CREATIONS) flaws.push('it begins more broadcasts than it may');
    return flaws;
  }
  // Our own attempt may not be bound to the stream yet.
  const isAttempt = memory.attempt !== null && memory.attempt.id === call.id;
  if (!isAttempt && !onOurStream(look).some(({ id }) => id === call.id))
    flaws.push('it writes to what is not bound to our stream');
  if (call.kind === 'delete' && (!isAttempt || live.includes(call.id))) flaws.push('it deletes what it did not begin');
  if (call.kind === 'bind' && call.streamId !== look.stream.id) flaws.push('it binds to another stream');
  const isLast = live.every((id) => id === call.id);
  if (call.kind === 'transition' && call.to === 'complete' && desired.kind === 'onAir' && isLast) {
    flaws.push('it completes the last live broadcast while running');
  }
  return flaws;
}
