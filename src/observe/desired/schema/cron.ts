import { parse, validate } from 'node-cron';

/** A pause may last 30 minutes, so nearer firings could leave no time on air between two. */
const MIN_GAP_MINUTES = 30;

/** What is wrong with a cron expression, as a hint; null = nothing. */
export function cronFault(expression: string): string | null {
  if (!validate(expression)) return 'not a cron expression';
  const { second, minute, hour } = parse(expression);
  if (second.length > 1) return 'it would fire several times a minute';
  const gap = smallestGapMinutes(hour, minute);
  return gap < MIN_GAP_MINUTES ? `it would fire every ${String(gap)} minutes; 30 is the least` : null;
}

/** The smallest distance of two firings, as if it fired every day. */
function smallestGapMinutes(hours: readonly number[], minutes: readonly number[]): number {
  const firings = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute)).sort((a, b) => a - b);
  const gaps = firings.map((at, index) => at - (firings[index - 1] ?? (firings.at(-1) ?? at) - 24 * 60));
  return Math.min(...gaps.map((gap) => (gap === 0 ? 24 * 60 : gap)));
}
