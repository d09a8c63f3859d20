/** A table of the page; a cell is Markdown without line breaks. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Bars in groups. */
export interface Plot {
  /** Name of the SVG file, without its ending. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** What each bar of a group is of, in order. */
  readonly series: readonly string[];
  readonly groups: readonly PlotGroup[];
}

export interface PlotGroup {
  readonly label: string;
  /** One for each of the series; null = there is none. */
  readonly values: readonly (number | null)[];
}

/** What a part measured. */
export interface Figures {
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
  /** Sentences under the tables. */
  readonly notes: readonly string[];
}

/** NaN where there are none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that this share of all does not exceed (nearest rank); NaN where there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Median and range: `12.3 (11.9 to 14.0) ms`; of one value that alone. */
export function spread(values: readonly number[], unit: string, digits = 0): string {
  if (values.length === 0) return 'none';
  const told = (value: number): string => value.toFixed(digits);
  const range = values.length === 1 ? '' : ` (${told(Math.min(...values))} to ${told(Math.max(...values))})`;
  return `${told(median(values))}${range} ${unit}`;
}
