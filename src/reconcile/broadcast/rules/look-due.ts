import type { YouTubeMemory } from '../../model/youtube/memory.ts';
import type { YouTubeCall } from '../../model/youtube/youtube.ts';
import type { BroadcastContext } from '../../model/youtube/context.ts';
import { RESERVED_UNITS } from '../timing.ts';

type LookDue =
  | { readonly kind: 'look'; readonly call: YouTubeCall }
  /** It would be due, but the rest of the day's quota is kept for changes. */
  | { readonly kind: 'saving' }
  | { readonly kind: 'notYet' };

/** After an answer no look comes for this long, so that looks leave room for writes. */
const LEAST_PAUSE_MS = 250;

/** The look that is due: every poll interval, faster around a change or a suspicion, and after each change of ours. */
export function lookDue(memory: YouTubeMemory, { observation, timing, now }: BroadcastContext): LookDue {
  const { lookedAtMs, fastUntilMs, changedAtMs } = memory.pace;
  const { look, answer, quota } = observation;
  const isFast = fastUntilMs !== null && now.monoMs < fastUntilMs && isUnsettled(memory);
  const everyMs = isFast ? timing.fastLookMs : timing.lookMs;
  const isOutdated = changedAtMs !== null && (look === null || look.atMs < changedAtMs);
  const isTime = lookedAtMs === null || now.monoMs - lookedAtMs >= everyMs;
  const isJustAnswered = answer !== null && now.monoMs - answer.atMs < LEAST_PAUSE_MS;
  if (!(isOutdated && (lookedAtMs === null || lookedAtMs < changedAtMs)) && (!isTime || isJustAnswered)) {
    return { kind: 'notYet' };
  }
  const isAtWork = memory.attempt !== null || memory.renewal !== null || memory.retiring.length > 0;
  const left = quota === null ? Infinity : quota.limit - quota.used;
  if (left <= RESERVED_UNITS && !isAtWork) return { kind: 'saving' };
  return { kind: 'look', call: lookCall(memory, observation.look?.stream?.id ?? null) };
}

/** Whether something is under way or suspected that the next look may settle. */
const isUnsettled = ({ attempt, retiring, nothingLive, surplus, live }: YouTubeMemory): boolean =>
  attempt !== null ||
  retiring.length > 0 ||
  nothingLive !== null ||
  Object.keys(surplus).length > 0 ||
  Object.values(live).some(({ missedAtMs }) => missedAtMs !== null);

/** The list of active broadcasts shows most; those that left it are asked for by their id. */
function lookCall({ attempt, live }: YouTubeMemory, streamId: string | null): YouTubeCall {
  const missed = Object.entries(live).flatMap(([id, { missedAtMs }]) => (missedAtMs === null ? [] : [id]));
  const ids = attempt === null || attempt.id === null ? missed : [...missed, attempt.id];
  return { kind: 'look', streamId, upcoming: attempt !== null && attempt.sent && attempt.id === null, ids };
}
