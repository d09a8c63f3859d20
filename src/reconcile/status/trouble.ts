import { NO_TROUBLE, type Notice, type TroubleLevel, type TroubleMemory } from '../model/memory.ts';
import type { Moment, NotifierView } from '../model/observation.ts';
import type { Status } from '../model/status.ts';

/** `degraded` is told after ten times `NOTIFY_AFTER`, by the contract. */
const DEGRADED_TIMES = 10;
/** A message that could not be delivered within a day is dropped. */
const NOTICE_LIVES_MS = 24 * 3_600_000;
/** Room for `degraded`, `down`, `well` and the next trouble; the oldest is dropped. */
const MOST_NOTICES = 4;

/**
 * Follows the status and decides when a message is due: one when a trouble has lasted for `afterMs`, one when it has been over
 * as long. A trouble is over when the stream has been well, or stopped by the file, for `afterMs`; a retry, a restart of the
 * daemon or a recycle does not end it. `notifier` null: there is no `NOTIFY_URL`, so nothing is remembered.
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

/** `starting` answers 503 like `down`. Off air on purpose is neither well nor ill. */
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

/** What has been sent after this pass, and the message due now; `event` null = none. */
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
      // `down` is told even if `degraded` has been told of the same trouble.
      return (told !== 'down' && heldMs >= afterMs) || isLongIll
        ? { told: 'down', event: 'trouble' }
        : { told, event: null };
    case 'degraded':
      if (isLongIll) return { told: 'degraded', event: 'trouble' };
      // On air for so long after `down` was told: the next time off air is told anew.
      return { told: told === 'down' && heldMs >= DEGRADED_TIMES * afterMs ? 'degraded' : told, event: null };
    case 'stopped':
      return { told: heldMs >= afterMs ? 'nothing' : told, event: null };
    case 'paused':
      return { told, event: null };
  }
}
