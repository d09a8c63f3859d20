import { createTask, parse } from 'node-cron';
import { clockOf, DAY_MS } from '../../text/zone.ts';

/** Twice the longest wait for a 29th of February: an expression that does not fire within it never does. */
const HORIZON_DAYS = 17 * 366;

/**
 * The first `count` firings after `afterMs` (wall milliseconds), by the clock of an IANA zone; fewer where there are no more.
 * When clocks change, a time that is skipped fires as much later as the clocks skip, and a time that comes twice fires the
 * first time (RFC 5545, 3.3.5). node-cron would miss the one and may miss the other, so it only says which days match.
 */
export function firingsAfter(expression: string, timezone: string, afterMs: number, count: number): readonly number[] {
  const { hour, minute, second, month } = parse(expression);
  const times = hour.flatMap((h) => minute.flatMap((m) => second.map((s) => ((h * 60 + m) * 60 + s) * 1000)));
  const [anyTime = 0] = times;
  const offsetAt = offsetsOf(timezone);
  const today = Math.floor((afterMs + offsetAt(afterMs)) / DAY_MS) * DAY_MS;
  const calendar = createTask(expression, () => undefined, { timezone: 'UTC' });
  const found = new Set<number>();
  try {
    for (let day = today - DAY_MS; day < today + HORIZON_DAYS * DAY_MS && found.size < count; day += DAY_MS) {
      if (!month.includes(new Date(day).getUTCMonth() + 1) || !calendar.match(new Date(day + anyTime))) continue;
      // Far enough from the day for every zone, and near enough that no other change of clocks comes between.
      const offsets = { beforeMs: offsetAt(day - DAY_MS), afterMs: offsetAt(day + 2 * DAY_MS) };
      const instants = times.map((time) => instantOf(day + time, offsets, offsetAt)).toSorted((a, b) => a - b);
      for (const instant of instants) if (instant > afterMs) found.add(instant);
    }
  } finally {
    void calendar.destroy();
  }
  return [...found].slice(0, count);
}

/** The moment at which the zone's clock shows `civilMs` (date and time counted as if in UTC). */
function instantOf(
  civilMs: number,
  offsets: { readonly beforeMs: number; readonly afterMs: number },
  offsetAt: (atMs: number) => number,
): number {
  const earlier = civilMs - offsets.beforeMs;
  if (offsets.beforeMs === offsets.afterMs || earlier + offsetAt(earlier) === civilMs) return earlier;
  const later = civilMs - offsets.afterMs;
  return later + offsetAt(later) === civilMs ? later : earlier;
}

/** By how much a zone's clocks are ahead of UTC at a moment, milliseconds. */
function offsetsOf(timezone: string): (atMs: number) => number {
  const clock = clockOf(timezone);
  return (atMs) => {
    const wholeMs = Math.floor(atMs / 1000) * 1000;
    return Date.parse(`${clock(wholeMs).replace(' ', 'T')}Z`) - wholeMs;
  };
}
