import type { Calendar } from './calendar.ts';
import { chartLines } from './chart.ts';
import { gapsBy, type ReportFigures, totalMs, type Traffic } from './figures.ts';
import { viewersNeeded, WATCH_HOURS_WANTED, type WatchHours, watchHoursOf } from './watch-hours.ts';
import type { Gap } from '../../history/timeline.ts';
import { clipped, printable, wrapped } from '../../text/terminal.ts';
import { duration } from '../../text/units.ts';
import { HOUR_MS } from '../../text/zone.ts';

export interface ReportTextOptions {
  readonly calendar: Calendar;
  readonly width: number;
  readonly viewers: number | null;
  readonly budgetGb: number | null;
  /** Rows about what YouTube tells: label and text. */
  readonly youtube: readonly (readonly [string, string])[];
}

const NARROWEST = 40;
const MOST_LISTED = 20;
const LABEL_COLUMNS = 12;
const GB = 1e9;

/** The report for people, at most `width` columns a line. */
export function reportLines(figures: ReportFigures, options: ReportTextOptions): string[] {
  const width = Math.max(NARROWEST, options.width);
  const row = (label: string, text: string): string[] =>
    wrapped(printable(text), width - LABEL_COLUMNS).map(
      (line, index) => `${(index === 0 ? label : '').padEnd(LABEL_COLUMNS)}${line}`,
    );
  return [
    ...wrapped(headingOf(figures, options.calendar), width),
    '',
    ...chartLines(figures.days, width),
    '',
    ...row('on air', onAirText(figures)),
    ...interruptionLines(figures, options.calendar, width, row),
    ...row('broadcasts', broadcastText(figures, options.calendar)),
    ...trafficTexts(figures.traffic, options.budgetGb).flatMap(([label, text]) => row(label, text)),
    ...watchLines(figures, options.viewers, width, row),
    ...options.youtube.flatMap(([label, text]) => row(label, text)),
  ];
}

function headingOf({ span, historySinceMs }: ReportFigures, calendar: Calendar): string {
  const heading = `${calendar.timeOf(span.fromMs)} to ${calendar.timeOf(span.toMs)} (${calendar.timezone})`;
  return historySinceMs === null ? heading : `${heading}; nothing is known from before`;
}

function onAirText({ span, onAirMs, plannedOffMs }: ReportFigures): string {
  const spanMs = span.toMs - span.fromMs;
  const wished = spanMs - plannedOffMs;
  const text = `${hours(onAirMs)} of ${hours(spanMs)}: ${percent(onAirMs, spanMs)}`;
  return plannedOffMs === 0 ? text : `${text}; of the time wished ${percent(onAirMs, wished)}`;
}

/** Never rounded up to a hundred. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return '0 %';
  const value = (100 * part) / whole;
  return `${part >= whole ? '100' : (Math.floor(value * 100) / 100).toFixed(2)} %`;
}

type Row = (label: string, text: string) => string[];

function interruptionLines({ gaps }: ReportFigures, calendar: Calendar, width: number, row: Row): string[] {
  const { planned, interruptions } = gapsBy(gaps);
  const sum = (list: readonly Gap[]): string =>
    list.length === 0 ? 'none' : `${String(list.length)}, ${duration(totalMs(list))} in all`;
  const listed = interruptions.slice(-MOST_LISTED);
  const isCut = listed.length < interruptions.length;
  const list = isCut ? `; the last ${String(MOST_LISTED)}:` : listed.length > 0 ? ':' : '';
  return [
    ...row('planned off', sum(planned)),
    ...row('interrupted', sum(interruptions) + list),
    ...listed.map((gap) => clipped(`  ${gapText(gap, calendar)}`, width)),
  ];
}

function gapText({ fromMs, toMs, reason, why }: Gap, calendar: Calendar): string {
  const long = toMs - fromMs < 10_000 ? `${((toMs - fromMs) / 1000).toFixed(1)} s` : duration(toMs - fromMs);
  const cause = why === null ? reason : `${reason}: ${why}`;
  return printable(`${calendar.timeOf(fromMs)}  ${long.padEnd(13)} ${cause}`);
}

function broadcastText({ broadcasts, countableMs, tooLongMs }: ReportFigures, calendar: Calendar): string {
  const count = (fate: string): number => broadcasts.filter((each) => each.fate === fate).length;
  const parts = [`${String(count('video'))} under 12 h (${hours(countableMs)}), which can count`];
  const tooLong = broadcasts.filter(({ fate }) => fate === 'tooLong');
  if (tooLong.length > 0) {
    const which = tooLong
      .slice(-5)
      .map(({ fromMs, toMs }) => `${calendar.timeOf(fromMs)}, ${hours(toMs - fromMs)}`)
      .join('; ');
    const shown = tooLong.length > 5 ? 'the last 5 began' : 'begun';
    parts.push(`${String(tooLong.length)} too long to become a video (${hours(tooLongMs)}; ${shown} ${which})`);
  }
  const running = broadcasts.find(({ fate }) => fate === 'running');
  if (running !== undefined) parts.push(`one running for ${hours(running.toMs - running.fromMs)}`);
  return parts.join('; ');
}

/** `12.3 h`, `1,204 h`: YouTube counts hours, so there are no days. */
export function hours(ms: number): string {
  const value = ms / HOUR_MS;
  if (value < 1) return duration(ms);
  return `${value < 100 ? value.toFixed(1) : grouped(value)} h`;
}

const gigabytes = (bytes: number): string => {
  const value = bytes / GB;
  return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : grouped(value)} GB`;
};

export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

function trafficTexts(
  { countedMs, sentBytes, fetchedBytes, month }: Traffic,
  budgetGb: number | null,
): [string, string][] {
  if (countedMs === 0) return [['traffic', 'nothing was counted yet']];
  const counted = `${gigabytes(sentBytes)} sent, about ${gigabytes(fetchedBytes)} fetched, in ${duration(countedMs)}`;
  if (month === null) return [['traffic', `${counted}; too short a time to tell a month by`]];
  const both = month.sentBytes + month.fetchedBytes;
  const inMonth = `at this pace ${gigabytes(month.sentBytes)} sent and about ${gigabytes(month.fetchedBytes)} fetched in 30 d`;
  const texts: [string, string][] = [
    ['traffic', counted],
    ['a month', inMonth],
  ];
  if (budgetGb === null) return texts;
  const share = (bytes: number): string => `${String(Math.ceil((100 * bytes) / (budgetGb * GB)))} %`;
  const verdict =
    both <= budgetGb * GB
      ? 'within it'
      : month.sentBytes <= budgetGb * GB
        ? 'over it if both directions are billed'
        : 'over it';
  texts.push(['budget', `${grouped(budgetGb)} GB: sent ${share(month.sentBytes)}, both ${share(both)}; ${verdict}`]);
  return texts;
}

function watchLines(
  { span, onAirMs, countableMs }: ReportFigures,
  viewers: number | null,
  width: number,
  row: Row,
): string[] {
  const spanMs = span.toMs - span.fromMs;
  const rows = watchHoursOf({ onAirMs, countableMs, spanMs }, viewers);
  const needed = viewersNeeded(onAirMs, spanMs);
  const goal = `${grouped(WATCH_HOURS_WANTED)} within 365 d are wanted`;
  const text =
    needed === null
      ? goal
      : `${goal}: with this much on air it takes ${needed < 10 ? needed.toFixed(1) : grouped(Math.ceil(needed))} viewers on average`;
  return [
    ...row('watch hours', text),
    ...watchTable(rows, width),
    ...wrapped('Only hours of public broadcasts under 12 h that became a video count.', width),
  ];
}

const WHOLE_TABLE_COLUMNS = 51;

/** A narrow terminal gets no column of what was watched so far, counted or not. */
function watchTable(rows: readonly WatchHours[], width: number): string[] {
  const isNarrow = width < WHOLE_TABLE_COLUMNS;
  const line = (cells: readonly string[]): string => {
    const [viewers = '', soFar = '', canCount = '', aYear = '', days = ''] = cells;
    const middle = `${canCount.padStart(11)}${aYear.padStart(10)}${days.padStart(11)}`;
    return isNarrow ? `${viewers.padStart(7)}${middle}` : `  ${viewers.padStart(7)}${soFar.padStart(10)}${middle}`;
  };
  const head = ['viewers', 'so far', 'can count', 'a year', '4,000 in'];
  const cellsOf = ({ viewers, watched, counted, perYear, daysNeeded }: WatchHours): string[] => [
    String(viewers),
    grouped(watched),
    grouped(counted),
    grouped(perYear),
    daysNeeded === null ? 'over 365 d' : `${String(daysNeeded)} d`,
  ];
  return [line(head), ...rows.map((row) => line(cellsOf(row)))];
}
