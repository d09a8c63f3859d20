import { NO_TROUBLE, type Notice, type TroubleLevel, type TroubleMemory } from '../model/memory.ts';
import type { Moment, NotifierView } from '../model/observation.ts';
import type { Status } from '../model/status.ts';

/** Being on air otherwise than as wished is told after this many times as long as being off air, by the contract. */
const DEGRADED_TIMES = 10;
/** A message that could not be delivered within a day is news to nobody. */
const NOTICE_LIVES_MS = 24 * 3_600_000;
/** `degraded`, then `down`, then `well`, and the next trouble: the oldest is dropped beyond. */
const MOST_NOTICES = 4;

/**
 * Follows what `/health` says, and decides when that is worth a message: one for a trouble that lasts, one when it has
 * been over as long. What ends a trouble is being well, or being stopped by the file, for long enough: a retry does not, nor a
 * restart of the daemon or a pause on purpose. `notifier` null: nobody is to be told, so nothing is remembered.
 */
export function followTrouble(
  before: TroubleMemory,
  verdict: Status,
  notifier: NotifierView | null,
  now: Moment,
): TroubleMemory {
  if (notifier === null) return NO_TROUBLE;
  const { afterMs, delivered } = notifier;
  const level = levelOf(verdict);
  const here = { sinceMs: now.monoMs, sinceWallMs: now.wallMs };
  const current = before.current?.level === level ? before.current : { level, ...here };
  const ill = level === 'degraded' || level === 'down' ? (before.ill ?? here) : null;
  const { told, event } = tell(before.told, level, {
    heldMs: now.monoMs - current.sinceMs,
    illMs: now.monoMs - (ill?.sinceMs ?? now.monoMs),
    afterMs,
  });
  const waiting = before.outbox.filter(
    ({ id, atWallMs }) => !delivered.includes(id) && now.wallMs - atWallMs < NOTICE_LIVES_MS,
  );
  if (event === null) return { current, ill, told, outbox: waiting };
  const { sinceWallMs } = ill ?? current;
  const notice: Notice = { id: now.nonce, event, ...verdict, sinceWallMs, atWallMs: now.wallMs };
  return { current, ill, told, outbox: [...waiting, notice].slice(-MOST_NOTICES) };
}

/** `starting` and `stopping` answer 503 like `down`; what is so on purpose is neither well nor ill. */
function levelOf({ status, reason }: Status): TroubleLevel {
  switch (status) {
    case 'live':
      return 'well';
    case 'degraded':
      return 'degraded';
    case 'starting':
    case 'down':
      return 'down';
    case 'stopping':
    case 'stopped':
      return reason === 'Recycling' || reason === 'ShuttingDown' ? 'paused' : 'stopped';
  }
}

/** What has been told after this pass, and what is to be told now; `event` null = nothing. */
function tell(
  told: TroubleMemory['told'],
  level: TroubleLevel,
  { heldMs, illMs, afterMs }: { readonly heldMs: number; readonly illMs: number; readonly afterMs: number },
): { readonly told: TroubleMemory['told']; readonly event: Notice['event'] | null } {
  const isLongIll = told === 'nothing' && illMs >= DEGRADED_TIMES * afterMs;
  switch (level) {
    case 'well':
      return told !== 'nothing' && heldMs >= afterMs ? { told: 'nothing', event: 'well' } : { told, event: null };
    case 'down':
      // Off air is worse than what was told of a stream that was merely not as wished.
      return (told !== 'down' && heldMs >= afterMs) || isLongIll
        ? { told: 'down', event: 'trouble' }
        : { told, event: null };
    case 'degraded':
      if (isLongIll) return { told: 'degraded', event: 'trouble' };
      // On air for so long, though not as wished: the next time off air is another one.
      return { told: told === 'down' && heldMs >= DEGRADED_TIMES * afterMs ? 'degraded' : told, event: null };
    case 'stopped':
      return { told: heldMs >= afterMs ? 'nothing' : told, event: null };
    case 'paused':
      return { told, event: null };
  }
}
