import type { PlayoutRun, UplinkRun } from '../model/run.ts';
import { FOR_GOOD_MS, paceOf } from './pace.ts';
import { bufferedMs } from './reservoir.ts';

/** Long enough to be no busy moment of the machine. */
const FOR_MS = 15_000;
/** Less than half of the clock is never made up for. */
const FAR_TOO_SLOW = 0.5;
/** What is slower than this leaves viewers behind more and more. */
const TOO_SLOW = 0.9;
const DRY_MS = 2_500;

/**
 * Media seconds a second of an encode that is more than this machine can do, and not to be gone on with: less than half
 * of the clock for a while or, on air, until viewers are 30 s behind. null = it is not, or not known to be.
 */
export function tooSlowEncode(run: PlayoutRun, isOnAir: boolean, uplink: UplinkRun | null): number | null {
  const { encodePace } = run;
  if (encodePace === null || encodePace.overMs < FOR_MS) return null;
  const perSecond = encodePace.writtenMs / encodePace.overMs;
  const hasSpare = isOnAir && (bufferedMs(run) ?? 0) > DRY_MS;
  if (hasSpare || perSecond >= TOO_SLOW) return null;
  const isFarBehind = isOnAir && (paceOf(uplink?.pace ?? null)?.lagMs ?? 0) > FOR_GOOD_MS;
  return perSecond < FAR_TOO_SLOW || isFarBehind ? perSecond : null;
}
