import { parseHistory, readHistory } from './file.ts';
import type { HistoryLine } from './line.ts';
import { timelineOf, within } from './timeline.ts';

/** More than the lines of a day take. It is small, as `status --watch` reads the history every second. */
const MOST_BYTES = 512 * 1024;

/** Seconds on air since local midnight, by the history; null when there is none to read. */
export function onAirTodayS(stateDir: string, nowMs: number): number | null {
  const midnight = new Date(nowMs);
  midnight.setHours(0, 0, 0, 0);
  const history = readHistory(stateDir, MOST_BYTES);
  return history.kind === 'ok' ? Math.floor(airMs(history.lines, midnight.getTime(), nowMs) / 1000) : null;
}

/** Time on air between the two moments, by lines of `history.jsonl`; lines it does not understand are passed over. */
export const onAirMs = (history: string, fromMs: number, toMs: number): number =>
  airMs(parseHistory(history), fromMs, toMs);

/** A stretch that no line has ended lasts until `toMs`: the daemon that answers is on air. */
const airMs = (lines: readonly HistoryLine[], fromMs: number, toMs: number): number =>
  within(timelineOf(lines, toMs, toMs).stretches, { fromMs, toMs });
