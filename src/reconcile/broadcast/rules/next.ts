import type { Attempt, YouTubeMemory } from '../../model/youtube/memory.ts';
import type { YouTubeLook } from '../../model/youtube/youtube.ts';
import type { BroadcastContext } from '../../model/youtube/context.ts';
import { isConfirmed, onOurStream } from '../context.ts';
import { rest, write, type BroadcastDecision } from './decision.ts';
import { renderDescription, renderTitle } from '../description.ts';
import { MOST_CREATIONS, SCHEDULED_AHEAD_MS } from '../timing.ts';

/** Whether YouTube receives our bytes; else no broadcast can become live. */
const isReceiving = (memory: YouTubeMemory, look: YouTubeLook): boolean =>
  look.stream?.status === 'active' && memory.acknowledgedSinceMs !== null;

/** The next step of the broadcast that is on its way. */
export function decideAttempt(
  memory: YouTubeMemory,
  attempt: Attempt,
  look: YouTubeLook,
  context: BroadcastContext,
): BroadcastDecision {
  const { timezone, now } = context;
  const { id } = attempt;
  if (id === null) {
    if (attempt.sent) return rest('broadcast-search', memory);
    if (!isReceiving(memory, look)) return rest('broadcast-awaits-stream', memory);
    const { spec, title, scheduledWallMs: scheduledAtMs, fillings } = attempt;
    const { privacy, madeForKids, latency } = spec;
    const description = renderDescription(spec.description, fillings, timezone);
    const notes = [...renderTitle(spec.title, fillings, timezone).notes, ...description.notes];
    const broadcast = { title, description: description.text, scheduledAtMs, privacy, madeForKids, latency };
    const sent: YouTubeMemory = {
      ...memory,
      attempt: { ...attempt, sent: true },
      creationsWallMs: [...memory.creationsWallMs, now.wallMs],
    };
    return write('broadcast-insert', sent, { kind: 'insert', broadcast, notes }, context);
  }
  switch (attempt.step) {
    case 'announced':
    case 'created':
      return write('broadcast-bind', memory, { kind: 'bind', id, streamId: look.stream?.id ?? '' }, context);
    case 'bound':
      if (memory.blocked !== null) return rest('broadcast-blocked', memory);
      if (!isReceiving(memory, look)) return rest('broadcast-awaits-stream', memory);
      return write('broadcast-go-live', memory, { kind: 'transition', id, to: 'live' }, context);
    case 'starting':
      return rest('broadcast-starting', memory);
  }
}

/** Begins another broadcast to renew the live one, or because none is live; null = none is to be begun. */
export function decideNext(
  memory: YouTubeMemory,
  look: YouTubeLook,
  isCurrentLive: boolean,
  context: BroadcastContext,
): BroadcastDecision | null {
  const { timing, now } = context;
  if (isCurrentLive) return memory.renewal === null ? null : announce(memory, memory.renewal, look, context);
  if (!isReceiving(memory, look)) return rest('broadcast-awaits-stream', memory);
  const { nothingLive, healing } = memory;
  if (!isConfirmed(nothingLive, timing)) return rest('broadcast-unconfirmed', memory);
  const isComing = onOurStream(look).some(({ lifeCycle }) => lifeCycle === 'liveStarting');
  if (isComing && now.monoMs - nothingLive.firstAtMs < timing.stuckMs) return rest('broadcast-coming', memory);
  if (!healing.lost) return announce(memory, 'begin', look, context);
  const sinceMs = healing.lastWallMs === null ? Infinity : Math.abs(now.wallMs - healing.lastWallMs);
  if (sinceMs < healing.waitMs) return rest('broadcast-heal-waits', memory);
  return announce(memory, 'heal', look, context);
}

/** First the attempt is only remembered: if an answer is lost later, its time and title tell this broadcast from every other. */
function announce(
  memory: YouTubeMemory,
  why: Attempt['why'],
  look: YouTubeLook,
  context: BroadcastContext,
): BroadcastDecision {
  const { desired, timing, timezone, item, now } = context;
  if (desired.kind !== 'onAir') return rest('broadcast-off', memory);
  if (memory.blocked !== null) return rest('broadcast-blocked', memory);
  if (memory.creationsWallMs.length >= MOST_CREATIONS) return rest('broadcast-budget-spent', memory);
  if (!isReceiving(memory, look)) return rest('broadcast-awaits-stream', memory);
  const fillings = { beginWallMs: now.wallMs, n: memory.count + 1, item };
  const attempt: Attempt = {
    why,
    fillings,
    spec: desired.spec,
    title: renderTitle(desired.spec.title, fillings, timezone).text,
    scheduledWallMs: Math.ceil((now.wallMs + SCHEDULED_AHEAD_MS) / 1_000) * 1_000,
    id: null,
    sent: false,
    missed: null,
    step: 'announced',
    startingSinceMs: null,
    unwanted: false,
  };
  const waitMs = Math.min(timing.healMostMs, Math.max(timing.healFirstMs, 2 * memory.healing.waitMs));
  const healing = why === 'heal' ? { lost: true, lastWallMs: now.wallMs, waitMs } : memory.healing;
  return rest('broadcast-announce', { ...memory, attempt, healing });
}
