import type { Applied, YouTubeMemory } from '../../model/youtube/memory.ts';
import type { YouTubeCall } from '../../model/youtube/youtube.ts';
import { writeName } from '../account/answer.ts';
import type { BroadcastContext } from '../../model/youtube/context.ts';
import type { BroadcastRule } from '../../model/youtube/rules.ts';

/** What one pass does about YouTube's side: at most one call. */
export interface BroadcastDecision {
  readonly rule: BroadcastRule;
  /** What is remembered besides the call. */
  readonly memory: YouTubeMemory;
  readonly call: YouTubeCall | null;
  /** Values of the file that count as applied once the call succeeds. */
  readonly applies: Applied;
}

/** A decision without a call. */
export function rest(rule: BroadcastRule, memory: YouTubeMemory): BroadcastDecision {
  return { rule, memory, call: null, applies: {} };
}

/** A write; `broadcast-patience` instead if the same write was asked for a moment ago. */
export function write(
  rule: BroadcastRule,
  memory: YouTubeMemory,
  call: YouTubeCall,
  { timing, now }: BroadcastContext,
  applies: Applied = {},
): BroadcastDecision {
  const before = memory.writes[writeName(call)];
  const waitMs = before === undefined ? 0 : Math.min(timing.fastLookMs * 2 ** before.tries, timing.finalMs);
  if (before !== undefined && now.monoMs - before.atMs < waitMs) return rest('broadcast-patience', memory);
  return { rule, memory, call, applies };
}
