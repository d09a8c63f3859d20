import { type Calendar, plusDays } from './calendar.ts';
import { DAY_MS, HOUR_MS } from '../../text/zone.ts';

export type Since =
  { readonly kind: 'ok'; readonly fromMs: number } | { readonly kind: 'wrong'; readonly message: string };

const ACCEPTED = 'accepted: 12h, 7d, 2w, or a date such as 2026-03-01';
const MOST_DAYS = 3_660;

/** When a report begins. Hours count back from now; days and weeks are whole calendar days, today the last; a date is its first moment. */
export function parseSince(text: string, calendar: Calendar, nowMs: number): Since {
  const wrong = (why: string): Since => ({ kind: 'wrong', message: `--since: ${why}; ${ACCEPTED}` });
  const age = /^([0-9]{1,6})([hdw])$/.exec(text);
  if (age !== null) {
    const amount = Number(age[1]);
    const days = age[2] === 'h' ? amount / 24 : age[2] === 'w' ? amount * 7 : amount;
    if (amount === 0) return wrong('nothing is that young');
    if (days > MOST_DAYS) return wrong('ten years are the most');
    return age[2] === 'h'
      ? { kind: 'ok', fromMs: nowMs - amount * HOUR_MS }
      : { kind: 'ok', fromMs: calendar.startOf(plusDays(calendar.dateOf(nowMs), 1 - days)) };
  }
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || plusDaysOf(text) !== text)
    return wrong(`found ${JSON.stringify(text.slice(0, 40))}`);
  const fromMs = calendar.startOf(text);
  if (fromMs >= nowMs) return wrong(`${text} is still to come`);
  if (nowMs - fromMs > MOST_DAYS * DAY_MS) return wrong('ten years are the most');
  return { kind: 'ok', fromMs };
}

/** The date as the calendar has it: the 30th of February comes out as another one. */
function plusDaysOf(date: string): string | null {
  return Number.isNaN(Date.parse(`${date}T00:00:00Z`)) ? null : plusDays(date, 0);
}
