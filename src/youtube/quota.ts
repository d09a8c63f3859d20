import { z } from 'zod';
import type { Quota } from '../reconcile/model/youtube/youtube.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { parseJson, readText } from '../system/json.ts';
import { clockOf, HOUR_MS } from '../text/zone.ts';

/** Units a project of its own has a day, unless Google grants more. */
const DAILY_UNITS = 10_000;
/**
 * Reads stop this many units before the end of the quota, so that a broadcast can still be begun or ended. The daemon's
 * looks stop earlier (`RESERVED_UNITS` in reconcile/broadcast/timing), except those of a renewal under way.
 */
const RESERVED_FOR_WRITES = 500;

/** What a request costs. Google publishes no price of the live methods; others measured 1 for a read and 50 for a write. */
export const UNITS = { read: 1, write: 50 } as const;

export interface LedgerQuota extends Quota {
  /** YouTube itself has said that the day's quota is used up. */
  readonly exhausted: boolean;
}

/**
 * The units spent since midnight Pacific, in a file that daemon and commands share, so that a restart forgets none. Our
 * count is an estimate: writes are refused only once YouTube has answered `quotaExceeded`.
 */
export interface QuotaLedger {
  read(): LedgerQuota;
  /** Whether a request of this kind may be made now. */
  allows(kind: keyof typeof UNITS): boolean;
  spend(kind: keyof typeof UNITS): void;
  /** YouTube said that nothing is left until midnight. */
  exhaust(): void;
}

const schema = z.object({
  day: z.string(),
  used: z.number().int().nonnegative().catch(0),
  exhausted: z.boolean().catch(false),
});
type Day = z.infer<typeof schema>;

/** The ledger in this file. Where it cannot be written, the count is kept in memory and lost at a restart. */
export function openQuotaLedger(path: string, nowMs: () => number): QuotaLedger {
  let last: Day | null = null;

  const today = (): Day => {
    const day = pacificDay(nowMs());
    // The larger count holds: the file may lack what could not be written, or have what another process has spent.
    const known = [readDay(path), last].flatMap((each) => (each?.day === day ? [each] : []));
    return {
      day,
      used: Math.max(0, ...known.map(({ used }) => used)),
      exhausted: known.some(({ exhausted }) => exhausted),
    };
  };
  const keep = (day: Day): void => {
    last = day;
    try {
      writeFileAtomically(path, `${JSON.stringify(day)}\n`);
    } catch {
      // Counted in memory until the disk takes it again.
    }
  };
  return {
    read: () => {
      const { used, exhausted } = today();
      return { used, limit: DAILY_UNITS, exhausted, resetsAtMs: nextPacificMidnightMs(nowMs()) };
    },
    allows: (kind) => {
      const { used, exhausted } = today();
      return !exhausted && (kind === 'write' || used + UNITS.read <= DAILY_UNITS - RESERVED_FOR_WRITES);
    },
    spend: (kind) => {
      const day = today();
      keep({ ...day, used: day.used + UNITS[kind] });
    },
    exhaust: () => keep({ ...today(), exhausted: true }),
  };
}

const readDay = (path: string): Day | null => schema.safeParse(parseJson(readText(path) ?? '')).data ?? null;

const pacificClock = clockOf('America/Los_Angeles');

/** The date in California, `2026-11-26`: the day of YouTube's quota and of its Analytics. */
export const pacificDay = (ms: number): string => pacificClock(ms).slice(0, 10);

/** When the next day begins in California, where clocks are 7 or 8 hours behind UTC and change at two in the morning. */
export function nextPacificMidnightMs(ms: number): number {
  const noonUtcMs = Date.parse(`${pacificDay(ms)}T12:00:00Z`);
  const nextUtcMidnightMs = noonUtcMs + 12 * HOUR_MS;
  const summerMs = nextUtcMidnightMs + 7 * HOUR_MS;
  return pacificDay(summerMs) > pacificDay(ms) ? summerMs : summerMs + HOUR_MS;
}
