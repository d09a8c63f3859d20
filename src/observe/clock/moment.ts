import type { Moment } from '../../reconcile/model/observation.ts';

/** CLOCK_MONOTONIC, the same for all processes since boot. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** Gives each pass its moment. */
export function momentSource(): () => Moment {
  const start = `${Date.now().toString(36)}${process.pid.toString(36)}`;
  let passes = 0;
  return () => ({ monoMs: monotonicMs(), wallMs: Date.now(), nonce: `${start}-${(passes++).toString(36)}` });
}
