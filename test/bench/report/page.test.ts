import { expect, test } from 'vitest';
import { percentile, spread } from './figures.ts';
import { performancePage } from './page.ts';
import { barChart } from './plot.ts';
import { smallestServer } from './smallest-server.ts';

const PLOT = {
  ...{ name: 'cost', title: 'Cost < all', unit: '%', series: ['raw', 'ours'] },
  groups: [
    { label: 'copy', values: [1, 2] },
    { label: 'none', values: [null, 0] },
  ],
};

test('the page has a section for each part, with its tables, plots and notes, and where it was measured', () => {
  const figures = {
    tables: [{ title: 'T', columns: ['a', 'b'], rows: [['1', 'x|y']] }],
    plots: [PLOT],
    notes: ['Note.'],
  };
  const page = performancePage([{ name: 'p', title: 'Part', about: 'About.', where: 'Here.', figures }]);
  expect(page.slice(page.indexOf('\n## '))).toBe(`
## Part

About.

**T**

| a | b |
| --- | --- |
| 1 | x\\|y |

![Cost < all](performance/cost.svg)

Note.

_Here._
`);
});

test('bars are as long as their values, and what is no value has none', () => {
  const bars = [...barChart(PLOT).matchAll(/<rect x="270" y="\d+" width="([\d.]+)" height="13"/g)].map(([, width]) =>
    Number(width),
  );
  expect(bars).toEqual([250, 500, 0]);
  expect(barChart(PLOT)).toContain('Cost &lt; all');
  expect(barChart(PLOT)).toContain('>none</text>');
});

test('figures are medians with their range, and percentiles by nearest rank', () => {
  expect(spread([3, 1, 2], 'ms')).toBe('2 (1 to 3) ms');
  expect(spread([1.25], '%', 1)).toBe('1.3 %');
  expect(
    percentile(
      Array.from({ length: 100 }, (_, i) => i + 1),
      0.99,
    ),
  ).toBe(99);
  expect(percentile([], 0.5)).toBeNaN();
});

test('the smallest server leaves room beside the stream', () => {
  expect(smallestServer(0.7, 200)).toBe('1 core, 0.5 GB');
  expect(smallestServer(0.71, 213)).toBe('2 cores, 1 GB');
});
