import type { Upcoming } from '../model/plan.ts';
import type { PlayoutRun } from '../model/run.ts';
import type { Candidate } from './candidate.ts';
import { positionMs } from '../runs/position.ts';

/**
 * What follows, and in how long. `following`: the first item behind the one on air that can be played; with the slate on air,
 * the item it stands in for. `airedMs`: how much of the holder's run has been on air.
 */
export function upcomingOf(following: Candidate | null, holder: PlayoutRun | null, airedMs: number): Upcoming | null {
  if (following === null || holder === null) return null;
  switch (following.kind) {
    case 'none':
      return null;
    case 'pending':
      return { key: following.key, inMs: leftMs(holder, airedMs) };
    case 'ready':
      return { key: following.spec.facts.key, inMs: leftMs(holder, airedMs) };
  }
}

/** Time to the end of the item, also where its run loops or ends before. */
function leftMs({ record }: PlayoutRun, airedMs: number): number | null {
  if (record?.kind !== 'item' || record.durationMs === null || record.durationMs <= 0) return null;
  return Math.max(0, Math.round(record.durationMs - positionMs(record, airedMs)));
}
