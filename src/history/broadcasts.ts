import type { Span } from './timeline.ts';
import { GAP_THAT_ENDS_MS, LOST_AT_AGE_MS } from '../reconcile/broadcast/age.ts';

/** A broadcast as YouTube counts it with auto-stop on: about a minute off air ends it. */
export interface Broadcast extends Span {
  readonly onAirMs: number;
  /** `video`: it became a video, so its hours count. `tooLong`: it did not. `running`: it may still go on. */
  readonly fate: 'video' | 'tooLong' | 'running';
}

/** The broadcasts: stretches with no gap between them that is long enough to end a broadcast. */
export function broadcastsOf(stretches: readonly Span[], nowMs: number): readonly Broadcast[] {
  const result: Broadcast[] = [];
  for (const { fromMs, toMs } of stretches) {
    const last = result.at(-1);
    const goesOn = last !== undefined && fromMs - last.toMs < GAP_THAT_ENDS_MS;
    const begin = goesOn ? last.fromMs : fromMs;
    const onAirMs = (goesOn ? last.onAirMs : 0) + toMs - fromMs;
    const isOver = nowMs - toMs >= GAP_THAT_ENDS_MS;
    const fate = toMs - begin >= LOST_AT_AGE_MS ? 'tooLong' : isOver ? 'video' : 'running';
    if (goesOn) result.pop();
    result.push({ fromMs: begin, toMs, onAirMs, fate });
  }
  return result;
}
