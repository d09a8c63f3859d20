import { readHistory } from './file.ts';
import { timelineOf, within } from './timeline.ts';

/** More than the lines of a day take. It is small, as `status --watch` reads the history every second. */
const MOST_BYTES = 512 * 1024;

/** Seconds on air since local midnight, by the history; null when there is none to read. */
export function onAirTodayS(stateDir: string, nowMs: number): number | null {
  const midnight = new Date(nowMs);
  midnight.setHours(0, 0, 0, 0);
  const history = readHistory(stateDir, MOST_BYTES);
  if (history.kind !== 'ok') return null;
  // A stretch that no line has ended lasts until now: the daemon that answers is on air.
  const { stretches } = timelineOf(history.lines, nowMs, nowMs);
  return Math.floor(within(stretches, { fromMs: midnight.getTime(), toMs: nowMs }) / 1000);
}
