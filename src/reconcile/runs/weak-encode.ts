import type { PlayoutRun, UplinkRun } from '../model/run.ts';
import { FOR_GOOD_MS, paceOf } from './pace.ts';
import { bufferedMs, DRY_MS } from './reservoir.ts';

/** Longer than a busy moment of the machine. */
const FOR_MS = 15_000;
/** Below this pace the encode never catches up. */
const FAR_TOO_SLOW = 0.5;
/** Below this pace viewers fall further and further behind. */
const TOO_SLOW = 0.9;

/**
 * The pace (media seconds a second) of an encode that is to be given up: below 0.5 for 15 s or, on air, below 0.9 with viewers
 * more than 30 s behind. null = it is fast enough, its reservoir is not dry yet, or its pace is not known.
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
