import type { Calendar, Day } from './calendar.ts';
import { type DayFigures, gapsBy, type ReportFigures, totalMs } from './figures.ts';
import { hours, percent } from './text.ts';
import type { Span } from '../../history/timeline.ts';
import { duration } from '../../text/units.ts';
import { HOUR_MS } from '../../text/zone.ts';

const CHART_HEIGHT = 240;
const LEFT = 56;
const RIGHT = 24;
const TOP = 88;
const BOTTOM = 64;
const SMALLEST_WIDTH = 720;
const INK = '#1f2328';
const FAINT = '#57606a';
const COLOURS = { onAir: '#86cfae', interrupted: '#c62828', planned: '#57606a', nothing: '#eef0f2' } as const;
type Colour = keyof typeof COLOURS;

/** The report as one self-contained picture: a column a day, midnight at its top. Any interruption shows, however short. */
export function reportSvg(figures: ReportFigures, calendar: Calendar): string {
  const { days, span, onAirMs, gaps } = figures;
  const step = Math.max(4, Math.min(40, Math.floor((SMALLEST_WIDTH - LEFT - RIGHT) / Math.max(1, days.length))));
  const width = Math.max(SMALLEST_WIDTH, LEFT + days.length * step + RIGHT);
  const height = TOP + CHART_HEIGHT + BOTTOM;
  const { interruptions } = gapsBy(gaps);
  const heading = `On air ${percent(onAirMs, span.toMs - span.fromMs)}: ${hours(onAirMs)} of ${hours(span.toMs - span.fromMs)}`;
  const count = interruptions.length === 1 ? '1 interruption' : `${String(interruptions.length)} interruptions`;
  const when = `${calendar.timeOf(span.fromMs)} to ${calendar.timeOf(span.toMs)}, ${calendar.timezone}`;
  const detail = `${when}; ${count}, ${duration(totalMs(interruptions))} in all`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${n(width)} ${n(height)}" width="${n(width)}" height="${n(height)}" font-family="system-ui, 'DejaVu Sans', Arial, sans-serif" font-size="12" fill="${INK}">`,
    `<title>${escaped(heading)}</title>`,
    `<desc>${escaped(detail)}</desc>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${n(LEFT)}" y="34" font-size="20" font-weight="600">${escaped(heading)}</text>`,
    `<text x="${n(LEFT)}" y="56" fill="${FAINT}">${escaped(detail)}</text>`,
    ...days.flatMap((day, index) => columnOf(day, figures, LEFT + index * step, step)),
    ...(step < WIDE_ENOUGH_FOR_HOURS ? [] : days.map((day, index) => hoursOf(day, LEFT + (index + 0.5) * step - 1))),
    ...hourLines(LEFT + days.length * step),
    ...dateLabels(days, step),
    ...legend(height - 18),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

/** One day. Each row of the picture has the colour of what matters most within its time: interruptions are painted last. */
function columnOf(day: Day, { stretches, gaps }: ReportFigures, x: number, step: number): string[] {
  const rowMs = (day.toMs - day.fromMs) / CHART_HEIGHT;
  const rows = Array.from({ length: CHART_HEIGHT }, (): Colour => 'nothing');
  const paint = (spans: readonly Span[], colour: Colour, fewestRows = 1): void => {
    for (const { fromMs, toMs } of spans) {
      if (toMs <= day.fromMs || fromMs >= day.toMs) continue;
      const first = Math.max(0, Math.floor((fromMs - day.fromMs) / rowMs));
      const last = Math.min(CHART_HEIGHT, Math.max(first + fewestRows, Math.ceil((toMs - day.fromMs) / rowMs)));
      rows.fill(colour, first, last);
    }
  };
  const { planned, interruptions } = gapsBy(gaps);
  paint(stretches, 'onAir');
  paint(planned, 'planned');
  paint(interruptions, 'interrupted', 2);
  const rects: string[] = [];
  for (let from = 0, to = 0; from < CHART_HEIGHT; from = to) {
    const colour = rows[from] ?? 'nothing';
    while (to < CHART_HEIGHT && rows[to] === colour) to += 1;
    const size = `x="${n(x)}" y="${n(TOP + from)}" width="${n(step - (step > 6 ? 2 : 1))}" height="${n(to - from)}"`;
    rects.push(`<rect ${size} fill="${COLOURS[colour]}"/>`);
  }
  return rects;
}

const WIDE_ENOUGH_FOR_HOURS = 20;

const hoursOf = ({ onAirMs }: DayFigures, middle: number): string =>
  `<text x="${n(middle)}" y="${n(TOP - 5)}" font-size="8.5" text-anchor="middle">${(onAirMs / HOUR_MS).toFixed(1)}</text>`;

/** Hours since the day began. On the two days of the year when clocks change they differ by one from the clock after that. */
function hourLines(right: number): string[] {
  return [0, 6, 12, 18, 24].flatMap((hour) => {
    const y = TOP + (hour / 24) * CHART_HEIGHT;
    return [
      `<line x1="${n(LEFT - 6)}" y1="${n(y)}" x2="${n(right)}" y2="${n(y)}" stroke="${INK}" stroke-opacity="0.15"/>`,
      `<text x="${n(LEFT - 10)}" y="${n(y + 4)}" text-anchor="end" fill="${FAINT}">${String(hour)} h</text>`,
    ];
  });
}

const LABEL_WIDTH = 76;

function dateLabels(days: readonly Day[], step: number): string[] {
  const every = Math.max(1, Math.ceil(LABEL_WIDTH / step));
  return days.flatMap(({ date }, index) =>
    index % every === 0 && (index === 0 || (days.length - index) * step >= LABEL_WIDTH - RIGHT)
      ? [
          `<text x="${n(LEFT + index * step)}" y="${n(TOP + CHART_HEIGHT + 18)}" fill="${FAINT}">${escaped(date)}</text>`,
        ]
      : [],
  );
}

function legend(y: number): string[] {
  const entries = [
    ['onAir', 'on air'],
    ['interrupted', 'interrupted'],
    ['planned', 'off air as planned'],
    ['nothing', 'no record'],
  ] as const;
  return entries.flatMap(([colour, text], index) => {
    const x = LEFT + index * 160;
    return [
      `<rect x="${n(x)}" y="${n(y - 10)}" width="12" height="12" fill="${COLOURS[colour]}"/>`,
      `<text x="${n(x + 18)}" y="${n(y)}">${text}</text>`,
    ];
  });
}

const n = (value: number): string => String(Math.round(value * 100) / 100);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
