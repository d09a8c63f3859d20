import type { ReportFigures } from './figures.ts';
import { viewersNeeded, watchHoursOf } from './watch-hours.ts';
import type { Span } from '../../history/timeline.ts';

interface ReportJsonOptions {
  readonly timezone: string;
  readonly viewers: number | null;
  readonly budgetGb: number | null;
  /** What YouTube tells; null without a login. */
  readonly youtube: object | null;
}

/** The report for programs: times in ISO 8601 UTC, lengths in seconds, bytes. */
export function reportJson(
  figures: ReportFigures,
  { timezone, viewers, budgetGb, youtube }: ReportJsonOptions,
): object {
  const { span, onAirMs, countableMs, traffic } = figures;
  const spanMs = span.toMs - span.fromMs;
  const { month } = traffic;
  return {
    ...bounds(span),
    timezone,
    historyBegins: figures.historySinceMs === null ? null : iso(figures.historySinceMs),
    seconds: seconds(spanMs),
    onAirSeconds: seconds(onAirMs),
    onAirPercent: spanMs <= 0 ? 0 : (100 * onAirMs) / spanMs,
    plannedOffSeconds: seconds(figures.plannedOffMs),
    days: figures.days.map((day) => ({
      date: day.date,
      ...bounds(day),
      onAirSeconds: seconds(day.onAirMs),
      coveredSeconds: seconds(day.coveredMs),
    })),
    interruptions: figures.gaps.map((gap) => ({
      ...bounds(gap),
      seconds: seconds(gap.toMs - gap.fromMs),
      planned: gap.planned,
      reason: gap.reason,
      why: gap.why,
    })),
    broadcasts: figures.broadcasts.map((each) => ({
      ...bounds(each),
      onAirSeconds: seconds(each.onAirMs),
      fate: each.fate,
    })),
    traffic: {
      countedSeconds: seconds(traffic.countedMs),
      sentBytes: traffic.sentBytes,
      fetchedBytes: traffic.fetchedBytes,
      month:
        month === null
          ? null
          : { sentBytes: Math.round(month.sentBytes), fetchedBytes: Math.round(month.fetchedBytes) },
      budgetBytes: budgetGb === null ? null : budgetGb * 1e9,
    },
    watchHours: {
      viewersNeeded: viewersNeeded(onAirMs, spanMs),
      countableSeconds: seconds(countableMs),
      runningSeconds: seconds(figures.runningMs),
      tooLongSeconds: seconds(figures.tooLongMs),
      byViewers: watchHoursOf({ onAirMs, countableMs, spanMs }, viewers),
    },
    youtube,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
const seconds = (ms: number): number => Math.round(ms) / 1000;
const bounds = ({ fromMs, toMs }: Span): { readonly from: string; readonly to: string } => ({
  from: iso(fromMs),
  to: iso(toMs),
});
