import type { YouTubeMemory } from '../../model/youtube/memory.ts';
import type { YouTubeLook } from '../../model/youtube/youtube.ts';
import type { BroadcastContext } from '../../model/youtube/context.ts';
import { freshLook, isConfirmed, liveOnOurStream } from '../context.ts';
import { rest, write, type BroadcastDecision } from './decision.ts';
import { changesFor } from '../description.ts';
import { lookDue } from './look-due.ts';
import { decideAttempt, decideNext } from './next.ts';
import { COMPLETE_AFTER_MS } from '../timing.ts';

/** The first rule that fits. Writes need a look begun after the last change. */
export function decideBroadcast(memory: YouTubeMemory, context: BroadcastContext): BroadcastDecision {
  const { observation, desired, now } = context;
  if (observation.login === null) return rest('youtube-no-login', memory);
  if (memory.pending !== null) return rest('youtube-asking', memory);
  if (memory.api.untilMs !== null && now.monoMs < memory.api.untilMs) return rest('youtube-not-yet', memory);
  const due = lookDue(memory, context);
  if (due.kind === 'look') return { ...rest('youtube-look', memory), call: due.call };
  if (due.kind === 'saving') return rest('youtube-saving', memory);
  if (desired.kind === 'leave') return decideArchive(memory, context) ?? rest('broadcast-left-alone', memory);
  const look = freshLook(memory, context);
  if (look === null) return rest('broadcast-unseen', memory);
  if (look.stream === null) return rest('broadcast-no-stream', memory);
  const decision = desired.kind === 'offAir' ? decideOffAir(memory, look, context) : decideOnAir(memory, look, context);
  return (
    decision ??
    decideArchive(memory, context) ??
    rest(desired.kind === 'offAir' ? 'broadcast-off' : 'broadcast-kept', memory)
  );
}

/** Our live broadcasts: the current one, and those that are to be completed. */
const ownLive = (memory: YouTubeMemory, look: YouTubeLook): readonly string[] =>
  liveOnOurStream(look)
    .map(({ id }) => id)
    .filter((id) => id === memory.current?.id || memory.retiring.includes(id));

function decideOffAir(memory: YouTubeMemory, look: YouTubeLook, context: BroadcastContext): BroadcastDecision | null {
  const { now } = context;
  const withdrawn = withdraw(memory, context);
  if (withdrawn !== null) return withdrawn;
  const goneForMs = memory.uplinkGoneSinceMs === null ? 0 : now.monoMs - memory.uplinkGoneSinceMs;
  const [id] = ownLive(memory, look);
  if (id === undefined || goneForMs < COMPLETE_AFTER_MS) return null;
  return write('broadcast-end', memory, { kind: 'transition', id, to: 'complete' }, context);
}

/** Deletes an attempt that is unwanted before it became live. */
function withdraw(memory: YouTubeMemory, context: BroadcastContext): BroadcastDecision | null {
  const { attempt } = memory;
  if (attempt === null || !attempt.unwanted || attempt.id === null) return null;
  return write('broadcast-withdraw', memory, { kind: 'delete', id: attempt.id }, context);
}

function decideOnAir(memory: YouTubeMemory, look: YouTubeLook, context: BroadcastContext): BroadcastDecision | null {
  const { attempt, current } = memory;
  const { timing, now } = context;
  if (attempt?.id !== null && attempt?.step === 'starting' && attempt.startingSinceMs !== null) {
    if (now.monoMs - attempt.startingSinceMs >= timing.stuckMs) {
      // Its successor does not wait as one that heals.
      const next = { ...memory, healing: { ...memory.healing, lost: false } };
      return write('broadcast-stuck', next, { kind: 'delete', id: attempt.id }, context);
    }
  }
  const live = liveOnOurStream(look);
  const isCurrentLive = live.some(({ id }) => id === current?.id);
  if (isCurrentLive) {
    const old = live.find(({ id }) => memory.retiring.includes(id));
    if (old !== undefined) {
      return write('broadcast-complete-old', memory, { kind: 'transition', id: old.id, to: 'complete' }, context);
    }
    const other = live.find(({ id }) => isConfirmed(memory.surplus[id], timing));
    if (other !== undefined) {
      return write('broadcast-complete-surplus', memory, { kind: 'transition', id: other.id, to: 'complete' }, context);
    }
  } else if (current === null) {
    // A broadcast of ours that could not be completed is preferred to one begun elsewhere.
    const youngest = live.findLast(({ id }) => memory.retiring.includes(id)) ?? live.at(-1);
    if (youngest !== undefined) return adopt(memory, youngest.id, youngest.startedAtMs, context);
  } else return rest('broadcast-unresolved', memory);
  const withdrawn = withdraw(memory, context);
  if (withdrawn !== null) return withdrawn;
  if (attempt !== null && !attempt.unwanted) return decideAttempt(memory, attempt, look, context);
  return decideNext(memory, look, isCurrentLive, context) ?? (isCurrentLive ? decideTrimmings(memory, context) : null);
}

/** Takes over a broadcast begun in Studio; the description of the file is applied to it once. */
function adopt(
  memory: YouTubeMemory,
  id: string,
  startedAtMs: number | null,
  { item, now }: BroadcastContext,
): BroadcastDecision {
  const isNew = !memory.retiring.includes(id);
  const n = memory.count + (isNew ? 1 : 0);
  const fillings = { beginWallMs: startedAtMs ?? now.wallMs, n, item };
  return rest('broadcast-adopt', {
    ...memory,
    current: { id, origin: 'adopted', fillings, applied: {}, refusals: [] },
    retiring: memory.retiring.filter((other) => other !== id),
    count: n,
    healing: { ...memory.healing, lost: false },
  });
}

/** Applies to the current broadcast what the file says and was not applied yet. */
function decideTrimmings(memory: YouTubeMemory, context: BroadcastContext): BroadcastDecision | null {
  const { desired, timezone } = context;
  const { current } = memory;
  if (current === null || desired.kind !== 'onAir') return null;
  const { id } = current;
  const { edit, thumbnail, playlist } = changesFor(current, desired.spec, timezone);
  if (edit !== null) {
    return write(
      'broadcast-edit',
      memory,
      { kind: 'edit', id, edit: edit.edit, notes: edit.notes },
      context,
      edit.applies,
    );
  }
  if (thumbnail !== null) {
    return write('broadcast-thumbnail', memory, { kind: 'thumbnail', id, key: thumbnail }, context, { thumbnail });
  }
  if (playlist !== null) {
    return write('broadcast-playlist', memory, { kind: 'addToPlaylist', id, playlist }, context, { playlist });
  }
  return null;
}

/** Reads the video that is due, often soon after the end of its broadcast and rarely later; null = none is. */
function decideArchive(memory: YouTubeMemory, { timing, now }: BroadcastContext): BroadcastDecision | null {
  const due = memory.archives.findLast(({ state, endedWallMs, checkedWallMs }) => {
    if (state !== 'awaited') return false;
    const everyMs = now.wallMs - endedWallMs < timing.archiveLaterMs ? timing.archiveMs : timing.archiveLaterMs;
    return checkedWallMs === null || now.wallMs - checkedWallMs >= everyMs;
  });
  if (due === undefined) return null;
  const { id } = due;
  const archives = memory.archives.map((archive) =>
    archive.id === id ? { ...archive, checkedWallMs: now.wallMs } : archive,
  );
  return { ...rest('broadcast-archive', { ...memory, archives }), call: { kind: 'readVideo', id } };
}
