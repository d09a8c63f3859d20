import type { Moment } from '../../reconcile/model/observation.ts';

export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

export function momentSource(): () => Moment {
  const start = `${Date.now().toString(36)}${process.pid.toString(36)}`;
  let passes = 0;
  return () => ({ monoMs: monotonicMs(), wallMs: Date.now(), nonce: `${start}-${(passes++).toString(36)}` });
}
