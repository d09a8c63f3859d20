import { DAY_MS, HOUR_MS } from '../../text/zone.ts';

/** What YouTube asks of a channel within a year (support.google.com/youtube/answer/72851). */
export const WATCH_HOURS_WANTED = 4_000;
const YEAR_DAYS = 365;

/** Average viewers where the operator names none. */
const EXAMPLES = [1, 5, 10];

export interface WatchHours {
  readonly viewers: number;
  /** On air × viewers, within the report. */
  readonly watched: number;
  /** Of these, in broadcasts that became a video: only they count. */
  readonly counted: number;
  /** In a year of days like these, if every broadcast counts. */
  readonly perYear: number;
  /** Until 4,000 at this pace; null = a year is not enough. */
  readonly daysNeeded: number | null;
}

/** The arithmetic towards 4,000 hours, for these viewers or for some examples. */
export function watchHoursOf(
  figures: { readonly onAirMs: number; readonly countableMs: number; readonly spanMs: number },
  viewers: number | null,
): readonly WatchHours[] {
  return (viewers === null ? EXAMPLES : [viewers]).map((each) => {
    const watched = (figures.onAirMs / HOUR_MS) * each;
    const perDay = figures.spanMs <= 0 ? 0 : watched / (figures.spanMs / DAY_MS);
    const days = perDay === 0 ? Infinity : WATCH_HOURS_WANTED / perDay;
    return {
      viewers: each,
      watched,
      counted: (figures.countableMs / HOUR_MS) * each,
      perYear: perDay * YEAR_DAYS,
      daysNeeded: days <= YEAR_DAYS ? Math.ceil(days) : null,
    };
  });
}

/** Average viewers at which a year is just enough; null = nothing was on air. */
export function viewersNeeded(onAirMs: number, spanMs: number): number | null {
  const share = spanMs <= 0 ? 0 : onAirMs / spanMs;
  return share === 0 ? null : WATCH_HOURS_WANTED / (share * YEAR_DAYS * 24);
}
