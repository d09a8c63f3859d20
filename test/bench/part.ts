import type { Figures } from './report/figures.ts';

/** One question of the bench. */
export interface Part {
  readonly title: string;
  /** What is measured, and how: a paragraph of the page. */
  readonly about: string;
  /** `dir`: of this run alone; what is started is ended when it returns, or by who called it. */
  readonly run: (dir: string) => Promise<Figures>;
}

/** How often what does not take long is done. */
export const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
