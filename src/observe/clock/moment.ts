import type { Moment } from '../../reconcile/model/observation.ts';
import { readProc } from '../../system/proc.ts';

export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

export function momentSource(): () => Moment {
  const start = `${Date.now().toString(36)}${process.pid.toString(36)}`;
  let passes = 0;
  return () => ({ monoMs: monotonicMs(), wallMs: Date.now(), nonce: `${start}-${(passes++).toString(36)}` });
}

/** Milliseconds since boot, suspension included; null = that could not be read. */
export function uptimeMs(): number | null {
  const uptime = readProc('/proc/uptime');
  const seconds = uptime.kind === 'text' ? Number.parseFloat(uptime.text) : Number.NaN;
  return Number.isFinite(seconds) ? seconds * 1_000 : null;
}
