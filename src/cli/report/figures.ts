import type { Calendar, Day } from './calendar.ts';
import { DAY_MS, HOUR_MS } from '../../text/zone.ts';
import { type Broadcast, broadcastsOf } from '../../history/broadcasts.ts';
import type { HistoryLine } from '../../history/line.ts';
import { clippedTo, type Gap, type Span, timelineOf, type TrafficCount, within } from '../../history/timeline.ts';

export interface DayFigures extends Day {
  readonly onAirMs: number;
  /** Within what the report covers; less than the day for its first and last. */
  readonly coveredMs: number;
}

export interface Traffic {
  /** Wall time over which bytes were counted. */
  readonly countedMs: number;
  readonly sentBytes: number;
  readonly fetchedBytes: number;
  /** At this pace, in 30 days; null = counted for too short a time to tell. */
  readonly month: { readonly sentBytes: number; readonly fetchedBytes: number } | null;
}

export interface ReportFigures {
  /** From the beginning asked for, or where the history begins if that is later, to now. */
  readonly span: Span;
  /** null = the history goes back as far as was asked. */
  readonly historySinceMs: number | null;
  readonly onAirMs: number;
  readonly plannedOffMs: number;
  readonly days: readonly DayFigures[];
  readonly stretches: readonly Span[];
  readonly gaps: readonly Gap[];
  /** Whole ones, also where they began before. */
  readonly broadcasts: readonly Broadcast[];
  /** On air within the span, in broadcasts that became a video. */
  readonly countableMs: number;
  readonly runningMs: number;
  readonly tooLongMs: number;
  readonly traffic: Traffic;
}

interface FiguresInput {
  readonly lines: readonly HistoryLine[];
  readonly fromMs: number;
  readonly nowMs: number;
  /** How far the last stretch goes if no line has ended it. */
  readonly openUntilMs: number;
  readonly calendar: Calendar;
}

/** Bytes counted for a shorter time say too little about a month. */
const SHORTEST_COUNT_MS = 2 * HOUR_MS;
const MONTH_MS = 30 * DAY_MS;

/** Everything that a report tells; null = the history has nothing of that time. Pure. */
export function figuresOf({ lines, fromMs, nowMs, openUntilMs, calendar }: FiguresInput): ReportFigures | null {
  const history = timelineOf(lines, openUntilMs, nowMs);
  if (history.sinceMs === null || history.sinceMs >= nowMs) return null;
  const span = { fromMs: Math.max(fromMs, history.sinceMs), toMs: nowMs };
  const stretches = clippedTo(history.stretches, span);
  const all = broadcastsOf(history.stretches, nowMs);
  const broadcasts = all.filter((each) => each.toMs > span.fromMs && each.fromMs < span.toMs);
  const inFate = (fate: Broadcast['fate']): number =>
    broadcasts.filter((each) => each.fate === fate).reduce((sum, each) => sum + within(stretches, each), 0);
  const gaps = clippedTo(history.gaps, span);
  return {
    span,
    historySinceMs: history.sinceMs > fromMs ? history.sinceMs : null,
    onAirMs: within(stretches, span),
    plannedOffMs: totalMs(gapsBy(gaps).planned),
    days: calendar.daysOf(span).map((day) => ({
      ...day,
      onAirMs: within(stretches, day),
      coveredMs: within([span], day),
    })),
    stretches,
    gaps,
    broadcasts,
    countableMs: inFate('video'),
    runningMs: inFate('running'),
    tooLongMs: inFate('tooLong'),
    traffic: trafficOf(history.counts, span),
  };
}

/** Gaps that somebody wished, and the others. */
export const gapsBy = (
  gaps: readonly Gap[],
): { readonly planned: readonly Gap[]; readonly interruptions: readonly Gap[] } => ({
  planned: gaps.filter((gap) => gap.planned),
  interruptions: gaps.filter((gap) => !gap.planned),
});

export const totalMs = (gaps: readonly Gap[]): number => gaps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);

function trafficOf(all: readonly TrafficCount[], span: Span): Traffic {
  const counts = all.filter(({ toMs }) => toMs > span.fromMs && toMs <= span.toMs);
  const [first] = counts;
  const last = counts.at(-1);
  const sentBytes = counts.reduce((sum, count) => sum + count.sentBytes, 0);
  const fetchedBytes = counts.reduce((sum, count) => sum + count.fetchedBytes, 0);
  const countedMs = first === undefined || last === undefined ? 0 : last.toMs - Math.max(first.fromMs, span.fromMs);
  const share = MONTH_MS / countedMs;
  const month =
    countedMs < SHORTEST_COUNT_MS ? null : { sentBytes: sentBytes * share, fetchedBytes: fetchedBytes * share };
  return { countedMs, sentBytes, fetchedBytes, month };
}
