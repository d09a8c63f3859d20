import type { Archive, Attempt, ReadsSince, SeenLive, YouTubeMemory } from '../../model/youtube/memory.ts';
import type { Broadcast, YouTubeLook } from '../../model/youtube/youtube.ts';
import type { BroadcastContext } from '../../model/youtube/context.ts';
import { liveOnOurStream, onOurStream } from '../context.ts';
import { appliedAtBeginning } from '../description.ts';
import { MOST_ARCHIVES } from '../timing.ts';

/** Takes the last look into memory, each look once. */
export function accountLook(before: YouTubeMemory, context: BroadcastContext): YouTubeMemory {
  const { look } = context.observation;
  if (look === null || look.atMs === before.pace.accountedMs) return before;
  const seen: YouTubeMemory = { ...before, pace: { ...before.pace, accountedMs: look.atMs } };
  // No stream of the channel has our key, so nothing is known of its broadcasts.
  if (look.stream === null) return { ...seen, nothingLive: null, surplus: {} };
  return [followAttempt, followLive, followCurrent, followNothingLive, followSurplus].reduce(
    (memory, follow) => follow(memory, look, context),
    seen,
  );
}

const later = (reads: ReadsSince | null | undefined, atMs: number): ReadsSince => ({
  firstAtMs: reads?.firstAtMs ?? atMs,
  lastAtMs: atMs,
});

/** The look asked for this id and did not find it. */
const isMissing = (look: YouTubeLook, id: string): boolean =>
  look.ids.includes(id) && !look.broadcasts.some((broadcast) => broadcast.id === id);

/** Follows the next broadcast on its way to live: what a look shows outranks earlier answers. */
function followAttempt(memory: YouTubeMemory, look: YouTubeLook, { timing }: BroadcastContext): YouTubeMemory {
  const { attempt } = memory;
  if (attempt === null || !attempt.sent) return memory;
  const seen = look.broadcasts.find((broadcast) => isAttempt(broadcast, attempt));
  if (seen === undefined) {
    // A list may be older than the broadcast, so two looks have to miss it, a poll interval apart.
    const isTold = attempt.id === null ? look.upcoming : isMissing(look, attempt.id);
    if (!isTold) return memory;
    const missed = later(attempt.missed, look.atMs);
    return missed.lastAtMs - missed.firstAtMs < timing.lookMs
      ? { ...memory, attempt: { ...attempt, missed } }
      : { ...memory, attempt: null };
  }
  const isElsewhere = seen.streamId !== null && seen.streamId !== look.stream?.id;
  // It ended before any look saw it live, so the next one waits as one that heals.
  if (isElsewhere || seen.lifeCycle === 'complete' || seen.lifeCycle === 'revoked') {
    const count = seen.startedAtMs === null ? memory.count : Math.max(memory.count, attempt.fillings.n);
    return { ...memory, attempt: null, count, healing: { ...memory.healing, lost: true } };
  }
  const found: Attempt = { ...attempt, id: seen.id, missed: null };
  switch (seen.lifeCycle) {
    case 'live':
      return begun(memory, found, look);
    case 'liveStarting':
    case 'testStarting':
      return {
        ...memory,
        attempt: { ...found, step: 'starting', startingSinceMs: found.startingSinceMs ?? look.atMs },
      };
    case 'created':
    case 'ready':
    case 'testing':
    case null:
      return {
        ...memory,
        attempt: { ...found, step: seen.streamId === null ? 'created' : 'bound', startingSinceMs: null },
      };
  }
}

const isAttempt = (broadcast: Broadcast, { id, title, scheduledWallMs }: Attempt): boolean =>
  id === null ? broadcast.title === title && broadcast.scheduledAtMs === scheduledWallMs : broadcast.id === id;

/** The attempt is live: it becomes the current broadcast, and the one before is to be completed. */
function begun(memory: YouTubeMemory, attempt: Attempt, look: YouTubeLook): YouTubeMemory {
  const { current } = memory;
  const { fillings } = attempt;
  const id = attempt.id ?? '';
  const isCurrentLive = liveOnOurStream(look).some((broadcast) => broadcast.id === current?.id);
  if (attempt.unwanted && isCurrentLive) return { ...memory, attempt: null, retiring: [...memory.retiring, id] };
  return {
    ...memory,
    attempt: null,
    current: { id, origin: 'begun', fillings, applied: appliedAtBeginning(attempt.spec), refusals: [] },
    retiring: current === null ? memory.retiring : [...memory.retiring, current.id],
    count: Math.max(memory.count, fillings.n),
    renewal: null,
    healing: { ...memory.healing, lost: false },
    blocked: null,
  };
}

/** Follows every broadcast seen live on our stream until its end is known; then its archive is awaited. */
function followLive(memory: YouTubeMemory, look: YouTubeLook, { timing, now }: BroadcastContext): YouTubeMemory {
  const ours = onOurStream(look);
  const live: Record<string, SeenLive> = {};
  const ended: Archive[] = [];
  for (const [id, before] of Object.entries(memory.live)) {
    const seen = look.broadcasts.find((broadcast) => broadcast.id === id);
    const missedAtMs = before.missedAtMs ?? look.atMs;
    const isGone = isMissing(look, id) && look.atMs - missedAtMs >= timing.apartMs;
    const isOver = seen?.lifeCycle === 'complete' || seen?.lifeCycle === 'revoked';
    if (seen !== undefined && !ours.includes(seen)) continue;
    if (isOver || isGone) {
      const startedWallMs = seen?.startedAtMs ?? before.startedWallMs;
      const endedWallMs = seen?.endedAtMs ?? now.wallMs;
      const why = isGone ? 'it was deleted' : null;
      ended.push({ id, startedWallMs, endedWallMs, state: 'awaited', why, durationMs: null, checkedWallMs: null });
    } else live[id] = { ...before, missedAtMs };
  }
  for (const { id, startedAtMs } of liveOnOurStream(look)) {
    const before = memory.live[id];
    const startedWallMs = startedAtMs ?? before?.startedWallMs ?? null;
    live[id] = { startedWallMs, sinceMs: before?.sinceMs ?? look.atMs, missedAtMs: null };
  }
  const known = memory.archives.filter(({ id }) => !ended.some((archive) => archive.id === id));
  const archives = [...known, ...ended].slice(-MOST_ARCHIVES);
  return { ...memory, live, archives, retiring: memory.retiring.filter((id) => live[id] !== undefined) };
}

/** Drops the current broadcast once it has ended or no longer shows our stream. */
function followCurrent(memory: YouTubeMemory, look: YouTubeLook, { timing }: BroadcastContext): YouTubeMemory {
  const { current } = memory;
  if (current === null) return memory;
  const seen = memory.live[current.id];
  if (seen === undefined) return { ...memory, current: null, healing: { ...memory.healing, lost: true } };
  const liveForMs = look.atMs - seen.sinceMs;
  const isSteady = seen.missedAtMs === null && liveForMs >= timing.healMostMs;
  return isSteady && memory.healing.waitMs > 0 ? { ...memory, healing: { ...memory.healing, waitMs: 0 } } : memory;
}

function followNothingLive(memory: YouTubeMemory, look: YouTubeLook, { timing }: BroadcastContext): YouTubeMemory {
  const { acknowledgedSinceMs: sinceMs, nothingLive, pace } = memory;
  const isLive = liveOnOurStream(look).length > 0;
  if (sinceMs === null || look.atMs < sinceMs || isLive) return { ...memory, nothingLive: null };
  const fastUntilMs = nothingLive === null ? look.atMs + timing.fastForMs : pace.fastUntilMs;
  return { ...memory, nothingLive: later(nothingLive, look.atMs), pace: { ...pace, fastUntilMs } };
}

/** Follows broadcasts that are live beside the current one. */
function followSurplus(memory: YouTubeMemory, look: YouTubeLook, { timing }: BroadcastContext): YouTubeMemory {
  const { current } = memory;
  const live = liveOnOurStream(look);
  const others = live.some(({ id }) => id === current?.id) ? live.filter(({ id }) => id !== current?.id) : [];
  const surplus = Object.fromEntries(others.map(({ id }) => [id, later(memory.surplus[id], look.atMs)]));
  const isNew = others.some(({ id }) => memory.surplus[id] === undefined);
  const fastUntilMs = isNew ? look.atMs + timing.fastForMs : memory.pace.fastUntilMs;
  return { ...memory, surplus, pace: { ...memory.pace, fastUntilMs } };
}
