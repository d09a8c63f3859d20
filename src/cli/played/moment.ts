import { type Calendar, plusDays } from '../report/calendar.ts';
import { DAY_MS } from '../../text/zone.ts';

type AskedMoment =
  { readonly kind: 'ok'; readonly atMs: number } | { readonly kind: 'wrong'; readonly message: string };

const ACCEPTED = "accepted: 03:12, '2026-03-28 03:12', or with seconds; with Z or +02:00 behind it that zone's time";

/**
 * A moment as people write it, in the calendar's time zone. A time without a date is the last moment at which clocks showed
 * it. A time that a change of clocks skips is taken for the moment as much later.
 */
export function parseMoment(text: string, calendar: Calendar, nowMs: number): AskedMoment {
  const wrong: AskedMoment = {
    kind: 'wrong',
    message: `--at: found ${JSON.stringify(text.slice(0, 40))}; ${ACCEPTED}`,
  };
  const match = /^(?:(\d{4}-\d{2}-\d{2})[T ])?(\d{2}:\d{2})(:\d{2})?(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?$/.exec(text);
  if (match === null) return wrong;
  const [, date, minutes = '', seconds = ':00', zone] = match;
  const time = minutes + seconds;
  if (Number.isNaN(Date.parse(`2000-01-01T${time}Z`))) return wrong;
  if (date !== undefined && new Date(`${date}T00:00:00Z`).toJSON()?.slice(0, 10) !== date) return wrong;
  if (zone !== undefined) {
    const atMs = Date.parse(`${date ?? ''}T${time}${zone}`);
    return Number.isNaN(atMs) ? wrong : { kind: 'ok', atMs };
  }
  if (date !== undefined) return { kind: 'ok', atMs: instantOf(date, time, calendar) };
  const today = calendar.dateOf(nowMs);
  const atMs = instantOf(today, time, calendar);
  return { kind: 'ok', atMs: atMs <= nowMs ? atMs : instantOf(plusDays(today, -1), time, calendar) };
}

/** Counted from the first moment of the day, then corrected by what clocks show at that moment. */
function instantOf(date: string, time: string, calendar: Calendar): number {
  const asUtc = (civil: string): number => Date.parse(`${civil.replace(' ', 'T')}Z`);
  const wantedMs = asUtc(`${date} ${time}`);
  const guessMs = calendar.startOf(date) + (wantedMs - asUtc(`${date} 00:00:00`));
  const offMs = wantedMs - asUtc(calendar.timeOf(guessMs));
  return Math.abs(offMs) < DAY_MS && asUtc(calendar.timeOf(guessMs + offMs)) === wantedMs ? guessMs + offMs : guessMs;
}
