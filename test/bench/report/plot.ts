import type { Plot } from './figures.ts';

const COLOURS = ['#9aa5b1', '#d08c3c', '#7a5ea8', '#1f6feb'];
const WIDTH = 860;
const LABELS = 270;
const FIGURES = 90;
const BAR = 16;
const GROUP_GAP = 12;
const TOP = 64;

/** Lying bars in groups, each with its figure at its end, as an SVG image. */
export function barChart({ title, unit, series, groups }: Plot): string {
  const most = Math.max(...groups.flatMap(({ values }) => values.map((value) => value ?? 0)), Number.MIN_VALUE);
  const groupHeight = series.length * BAR + GROUP_GAP;
  const height = TOP + groups.length * groupHeight;
  const bars = groups.flatMap(({ label, values }, g) => {
    const top = TOP + g * groupHeight;
    return [
      text(LABELS - 8, top + (series.length * BAR) / 2 + 4, label, 'end'),
      ...values.flatMap((value, s) => {
        const y = top + s * BAR;
        if (value === null) return [text(LABELS + 4, y + 12, 'none', 'start')];
        const width = (value / most) * (WIDTH - LABELS - FIGURES);
        return [
          `<rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 3}" fill="${colourOf(s)}"/>`,
          text(LABELS + width + 4, y + 12, `${figure(value)} ${unit}`, 'start'),
        ];
      }),
    ];
  });
  const legend = series.flatMap((name, s) => {
    const x = LABELS + s * 140;
    return [`<rect x="${x}" y="36" width="12" height="12" fill="${colourOf(s)}"/>`, text(x + 16, 46, name, 'start')];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="22" font-size="15" fill="#1f2328">${escaped(title)}</text>`,
    ...legend,
    ...bars,
    '</svg>\n',
  ].join('\n');
}

const colourOf = (index: number): string => COLOURS[index % COLOURS.length]!;

/** Three digits that count. */
const figure = (value: number): string => (value === 0 ? '0' : String(Number(value.toPrecision(3))));

const text = (x: number, y: number, words: string, anchor: 'start' | 'end'): string =>
  `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" fill="#1f2328">${escaped(words)}</text>`;

const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
