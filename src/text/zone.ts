export const HOUR_MS = 3_600_000;
/** Of a day on which clocks do not change. */
export const DAY_MS = 24 * HOUR_MS;

/** What clocks of an IANA zone show at a moment: `2026-03-29 02:15:07`. Throws when first asked about a zone there is not. */
export function clockOf(timeZone: string): (ms: number) => string {
  const date = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  // The first one of a process takes 12 ms, so none is made before somebody asks.
  let format: Intl.DateTimeFormat | null = null;
  return (ms) => {
    // Swedes write dates and times as ISO 8601 does.
    format ??= new Intl.DateTimeFormat('sv-SE', { timeZone, ...date, ...time });
    return format.format(ms);
  };
}
