import { appendFileSync } from 'node:fs';
import { ReconcileLoop } from '../../../src/reconcile/loop.ts';

/**
 * Loaded into the daemon by `--import`: each pass of its loop becomes ten in a row, and how long each took goes into the
 * file BENCH_PASSES, milliseconds, one a line. A pass comes once a second else, and a hundred would take long.
 */
const IN_A_ROW = 10;
const PAUSE_MS = 20;
const file = process.env['BENCH_PASSES'] ?? '/dev/null';
const pass = ReconcileLoop.prototype.pass;

ReconcileLoop.prototype.pass = async function passes(this: ReconcileLoop) {
  for (let nth = 1; ; nth += 1) {
    const beganAtMs = performance.now();
    const done = await pass.call(this);
    appendFileSync(file, `${performance.now() - beganAtMs}\n`);
    if (nth === IN_A_ROW) return done;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
};
