import type { BroadcastContext, DesiredBroadcast, YouTubeSight } from './model/youtube/context.ts';
import { lintBroadcast } from './broadcast/lint.ts';
import { planBroadcast } from './broadcast/plan-broadcast.ts';
import { timingOf } from './model/youtube/timing.ts';
import type { Moment, Observation } from './model/observation.ts';
import type { Action } from './model/plan.ts';
import type { YouTubeMemory } from './model/youtube/memory.ts';
import type { DesiredState } from './model/desired.ts';
import { tagsOf } from './programme/tags.ts';
import { uplinkHealth } from './runs/uplink-health.ts';
import type { World } from './runs/world.ts';

/** The part of a pass that concerns YouTube. */
export interface YouTubePass {
  readonly actions: readonly Action[];
  readonly memory: YouTubeMemory;
  readonly sight: YouTubeSight;
  /** Broken laws, which are bugs of ours, for the log. YouTube's side stands still then; the stream goes on. */
  readonly flaws: readonly string[];
}

/** Plans YouTube's side, apart from the stream: neither uses a decision of the other. `world` null = the processes could not be read. */
export function planYouTube(
  pollMs: number,
  observation: Observation,
  desired: DesiredState,
  world: World | null,
  before: YouTubeMemory,
  now: Moment,
): YouTubePass {
  const spec = observation.desired.accepted?.spec ?? null;
  const context: BroadcastContext = {
    observation: observation.youtube,
    desired: desiredBroadcast(desired, observation),
    uplink: uplinkSeen(world, now),
    recycle: observation.recycle,
    timezone: spec?.timezone ?? 'UTC',
    item: itemOnAir(observation, world),
    timing: timingOf(pollMs),
    now,
  };
  const plan = planBroadcast(before, context);
  const flaws = lintBroadcast(plan, before, context);
  if (flaws.length > 0) {
    return { actions: [], memory: before, sight: { context, memory: before, rule: 'broadcast-unseen' }, flaws };
  }
  const { call, memory, rule } = plan;
  const actions: readonly Action[] = call === null ? [] : [{ kind: 'askYouTube', nonce: now.nonce, call, rule }];
  return { actions, memory, sight: { context, memory, rule }, flaws };
}

function itemOnAir({ media }: Observation, world: World | null): string | null {
  const record = world?.holder?.record ?? null;
  return record?.kind === 'item' ? (tagsOf(media, record).title ?? record.key) : null;
}

function desiredBroadcast(desired: DesiredState, observation: Observation): DesiredBroadcast {
  const broadcast = observation.desired.accepted?.spec.broadcast ?? null;
  if (broadcast === null) return { kind: 'leave' };
  switch (desired.kind) {
    case 'onAir':
      return { kind: 'onAir', spec: broadcast };
    case 'offAir':
      return desired.reason === 'StoppedByFile' ? { kind: 'offAir' } : { kind: 'leave' };
    case 'none':
      return { kind: 'leave' };
  }
}

function uplinkSeen(world: World | null, now: Moment): BroadcastContext['uplink'] {
  if (world === null) return 'unseen';
  if (world.uplink === null) return 'absent';
  return uplinkHealth(world.uplink, now.monoMs).kind === 'live' ? 'acknowledged' : 'there';
}
