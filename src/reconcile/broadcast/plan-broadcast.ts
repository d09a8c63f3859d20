import type { YouTubeMemory } from '../model/youtube/memory.ts';
import { accountYouTube } from './account/account.ts';
import { writeName } from './account/answer.ts';
import type { BroadcastContext } from '../model/youtube/context.ts';
import { decideBroadcast } from './rules/decide.ts';
import type { BroadcastDecision } from './rules/decision.ts';

/** The plan of one pass for YouTube's side; its call is asked under the pass's nonce. */
export type BroadcastPlan = Omit<BroadcastDecision, 'applies'>;

/**
 * From the desired broadcast, the observation and the memory to at most one call. The call is remembered before its answer is
 * known, so that the next pass, or the next daemon, goes on from what a look shows.
 */
export function planBroadcast(before: YouTubeMemory, context: BroadcastContext): BroadcastPlan {
  const { now } = context;
  const { rule, memory, call, applies } = decideBroadcast(accountYouTube(before, context), context);
  if (call === null) return { rule, call, memory };
  const asked: YouTubeMemory = { ...memory, pending: { nonce: now.nonce, call, applies } };
  if (call.kind === 'look') {
    return { rule, call, memory: { ...asked, pace: { ...memory.pace, lookedAtMs: now.monoMs } } };
  }
  if (call.kind === 'readVideo') return { rule, call, memory: asked };
  const name = writeName(call);
  const tries = (memory.writes[name]?.tries ?? -1) + 1;
  return { rule, call, memory: { ...asked, writes: { ...memory.writes, [name]: { atMs: now.monoMs, tries } } } };
}
