import type { Span } from '../../history/timeline.ts';
import { clockOf, HOUR_MS } from '../../text/zone.ts';

/** One day of a time zone, from its first moment to the next one's: 23 or 25 hours when the clocks change. */
export interface Day extends Span {
  /** `2026-03-29`. */
  readonly date: string;
}

/** Zones lie between 12 hours behind and 14 hours ahead of UTC. */
const MOST_BEHIND_MS = 14 * HOUR_MS;

/** Days of one time zone. */
export interface Calendar {
  readonly timezone: string;
  /** The date at this moment. */
  dateOf(ms: number): string;
  /** `2026-03-29 02:15:07`, as clocks there show it. */
  timeOf(ms: number): string;
  /** First moment of a date. */
  startOf(date: string): number;
  /** Every day that has a part in the span, in order and without holes. */
  daysOf(span: Span): readonly Day[];
}

/** null = no such time zone (IANA names, such as `Europe/Berlin`). */
export function calendarOf(timezone: string): Calendar | null {
  // Intl takes offsets such as +02:00 as well, but they have no daylight saving.
  if (!/^[A-Za-z]/.test(timezone)) return null;
  const timeOf = clockOf(timezone);
  try {
    timeOf(0);
  } catch {
    return null;
  }
  const dateOf = (ms: number): string => timeOf(ms).slice(0, 10);
  // Halves the time between a moment before the date and one after it, so that no rule about clocks is needed.
  const startOf = (date: string): number => {
    let before = Date.parse(date) - MOST_BEHIND_MS - HOUR_MS;
    let after = Date.parse(date) + MOST_BEHIND_MS;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (dateOf(middle) >= date) after = middle;
      else before = middle;
    }
    return after;
  };
  const daysOf = ({ fromMs, toMs }: Span): readonly Day[] => {
    const days: Day[] = [];
    let date = dateOf(fromMs);
    let start = startOf(date);
    while (start < toMs && days.length < MOST_DAYS) {
      const next = plusDays(date, 1);
      const end = startOf(next);
      // A zone that changed sides of the date line has left out a date, whose length is 0.
      if (end > start) days.push({ date, fromMs: start, toMs: end });
      date = next;
      start = end;
    }
    return days;
  };
  return { timezone, dateOf, timeOf, startOf, daysOf };
}

const MOST_DAYS = 5_000;

/** The date so many days later, whatever clocks do meanwhile. */
export function plusDays(date: string, days: number): string {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
