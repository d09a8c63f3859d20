import { broadcastAgeMs, LONGEST_BROADCAST_MS } from './age.ts';
import { isPassedOver } from './recycle.ts';
import type { Memory } from '../model/memory.ts';
import type { Moment, Observation, RecycleSchedule } from '../model/observation.ts';
import type { Condition } from '../model/status.ts';

/** Whether the hours of this broadcast can count: only one under 12 hours becomes a video. `ageAtYouTubeMs`: null = YouTube does not tell. */
export function broadcastCondition(
  {
    observation,
    memory,
    now,
  }: {
    readonly observation: Pick<Observation, 'recycle'>;
    readonly memory: Pick<Memory, 'broadcast'>;
    readonly now: Moment;
  },
  ageAtYouTubeMs: number | null,
): Condition {
  const type = 'BroadcastCountable';
  const ageMs = ageAtYouTubeMs ?? broadcastAgeMs(memory.broadcast, now);
  const age = `the broadcast is ${hoursText(ageMs)} old`;
  const { recycle } = observation;
  const plan = recycle === null ? 'no recycle is planned' : recycleText(recycle, ageMs, now.wallMs);
  const isDueInTime = recycle !== null && ageMs + (recycle.nextWallMs - now.wallMs) < LONGEST_BROADCAST_MS;
  if (ageMs > LONGEST_BROADCAST_MS - WARN_BEFORE_MS && !isDueInTime) {
    const message = `${age}, and YouTube makes a video only of those under 12 h; ${plan}`;
    return { type, status: 'False', reason: 'BroadcastTooLong', message };
  }
  if (recycle !== null) return { type, status: 'True', reason: 'RecycleScheduled', message: `${plan}; ${age}` };
  return { type, status: 'True', reason: 'BroadcastYoung', message: `${age}; ${plan}` };
}

/** What the next firing will do, as far as it can be foretold. */
function recycleText({ nextWallMs, followingWallMs }: RecycleSchedule, ageMs: number, wallMs: number): string {
  const next = new Date(nextWallMs).toISOString();
  const ageThenMs = ageMs + nextWallMs - wallMs;
  if (ageMs > 0 && followingWallMs > nextWallMs && isPassedOver(ageThenMs, followingWallMs - nextWallMs)) {
    const following = new Date(followingWallMs).toISOString();
    return `the recycle at ${next} is passed over, as the one at ${following} still comes in time`;
  }
  const tooLate = ageMs > 0 && ageThenMs >= LONGEST_BROADCAST_MS;
  return `the next recycle is due at ${next}${tooLate ? `, at an age of ${hoursText(ageThenMs)}: too late` : ''}`;
}

/** Such as `11 h 40 min`. */
export const hoursText = (ms: number): string =>
  `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms / 60_000) % 60)} min`;

/** So long before the limit the condition turns False, if no recycle ends the broadcast in time. */
const WARN_BEFORE_MS = 45 * 60_000;
