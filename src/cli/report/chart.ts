import { HOUR_MS } from '../../text/zone.ts';
import type { DayFigures } from './figures.ts';

const LABEL_COLUMNS = 12;
const VALUE_COLUMNS = 8;
const LONGEST_BAR = 48;
const SHORTEST_BAR = 8;
/** More rows would not fit on a screen. */
const MOST_ROWS = 62;

/** Hours on air as bars, a row a day; of a long time a row for several days. At most `width` columns. */
export function chartLines(days: readonly DayFigures[], width: number): string[] {
  const perRow = Math.ceil(days.length / MOST_ROWS);
  const room = Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, width - LABEL_COLUMNS - VALUE_COLUMNS));
  const rows: string[] = [];
  for (let first = 0; first < days.length; first += perRow) rows.push(rowOf(days.slice(first, first + perRow), room));
  return perRow === 1 ? rows : [...rows, `each row has ${String(perRow)} days, and their mean`];
}

/** `#`: on air, `.`: off air; blank: before the history begins, or still to come. */
function rowOf(days: readonly DayFigures[], room: number): string {
  const sum = (of: (day: DayFigures) => number): number => days.reduce((total, day) => total + of(day), 0);
  const lengthMs = sum(({ fromMs, toMs }) => toMs - fromMs);
  const onAirMs = sum((day) => day.onAirMs);
  const columns = (ms: number): number => Math.floor((ms / lengthMs) * room + 1e-9);
  const on = columns(onAirMs);
  // Even a minute on air shows as one `#`.
  const shown = onAirMs > 0 ? Math.max(1, on) : 0;
  const off = Math.max(0, columns(sum(({ coveredMs }) => coveredMs)) - shown);
  const bar = '#'.repeat(shown) + '.'.repeat(off);
  const hours = `${(onAirMs / days.length / HOUR_MS).toFixed(1)} h`;
  return `${(days[0]?.date ?? '').padEnd(LABEL_COLUMNS)}${bar.padEnd(room)}${hours.padStart(VALUE_COLUMNS)}`;
}
