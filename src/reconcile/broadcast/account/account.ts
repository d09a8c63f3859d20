import { API_WELL, NO_PACE, type Archive, type YouTubeMemory } from '../../model/youtube/memory.ts';
import type { Video } from '../../model/youtube/youtube.ts';
import { accountAnswer } from './answer.ts';
import { accountLook } from './look.ts';
import type { BroadcastContext } from '../../model/youtube/context.ts';
import { liveAgeMs } from '../context.ts';
import { ARCHIVE_TOLERANCE_MS, ARCHIVE_WITHIN_MS, RENEW_AT_AGE_MS } from '../timing.ts';
import { DAY_MS } from '../../../text/zone.ts';

/** Takes looks and answers into memory, before anything is decided. */
export function accountYouTube(before: YouTubeMemory, context: BroadcastContext): YouTubeMemory {
  const steps = [
    followLogin,
    accountAnswer,
    followUplink,
    accountLook,
    followRenewal,
    followAttemptsUse,
    accountVideo,
    forget,
  ];
  return steps.reduce((memory, step) => step(memory, context), before);
}

/** A new login begins with a clean API state. */
function followLogin(memory: YouTubeMemory, { observation: { login } }: BroadcastContext): YouTubeMemory {
  return login === memory.login ? memory : { ...memory, login, api: API_WELL, pending: null, pace: NO_PACE };
}

function followUplink(memory: YouTubeMemory, { uplink, now }: BroadcastContext): YouTubeMemory {
  if (uplink === 'unseen') return memory;
  if (uplink === 'acknowledged') {
    return { ...memory, acknowledgedSinceMs: memory.acknowledgedSinceMs ?? now.monoMs, uplinkGoneSinceMs: null };
  }
  const uplinkGoneSinceMs = uplink === 'absent' ? (memory.uplinkGoneSinceMs ?? now.monoMs) : null;
  return { ...memory, acknowledgedSinceMs: null, uplinkGoneSinceMs, nothingLive: null };
}

/** A firing missed by more than this is dropped; the broadcast's age still renews it in time. */
const LATEST_FIRING_MS = 10 * 60_000;

/** Whether the current broadcast is to be followed by another, for its age or by a firing of `recycle`. */
function followRenewal(memory: YouTubeMemory, { recycle, desired, now }: BroadcastContext): YouTubeMemory {
  const due = recycle === null ? null : { wallMs: recycle.nextWallMs, name: recycle.name };
  const { current } = memory;
  if (desired.kind !== 'onAir' || current === null) return { ...memory, due, renewal: null };
  const ageMs = liveAgeMs(memory, current.id, now);
  if (ageMs >= RENEW_AT_AGE_MS) return { ...memory, due, renewal: memory.renewal ?? 'age' };
  const { due: awaited } = memory;
  const lateMs = awaited === null || awaited.name !== due?.name ? -1 : now.wallMs - awaited.wallMs;
  const hasFired = lateMs >= 0 && lateMs < LATEST_FIRING_MS;
  // A firing is passed over if the next one still comes in time: no more broadcasts are created than needed.
  const isPassedOver = recycle !== null && ageMs + recycle.nextWallMs - now.wallMs < RENEW_AT_AGE_MS;
  const isFollowed = memory.attempt !== null && !memory.attempt.unwanted;
  const fires = hasFired && !isPassedOver && !isFollowed;
  return { ...memory, due, renewal: memory.renewal ?? (fires ? 'recycle' : null) };
}

/** The next broadcast is unwanted once none is to be live, or the current one is live and not to be followed. */
function followAttemptsUse(memory: YouTubeMemory, { desired, observation }: BroadcastContext): YouTubeMemory {
  const { attempt, current, renewal } = memory;
  if (attempt === null || desired.kind === 'leave') return memory;
  const isKept = current !== null && observation.look !== null && memory.live[current.id]?.missedAtMs === null;
  const unwanted = desired.kind === 'offAir' || (isKept && renewal === null);
  // Announced but not sent, it does not exist at YouTube.
  if (unwanted && !attempt.sent) return { ...memory, attempt: null };
  return attempt.unwanted === unwanted ? memory : { ...memory, attempt: { ...attempt, unwanted } };
}

/** Takes the last read video into its archive, and gives up archives that have waited too long. */
function accountVideo(memory: YouTubeMemory, { observation: { video }, now }: BroadcastContext): YouTubeMemory {
  const archives = memory.archives.map((archive): Archive => {
    if (archive.state !== 'awaited') return archive;
    const checked =
      video?.id === archive.id ? withVideo(archive, video.video, now.wallMs, video.atMs, now.monoMs) : archive;
    const isOver = checked.state === 'awaited' && now.wallMs - archive.endedWallMs > ARCHIVE_WITHIN_MS;
    return isOver ? { ...checked, state: 'lost', why: checked.why ?? 'nobody could look at it' } : checked;
  });
  const isSame = archives.every((archive, index) => archive === memory.archives[index]);
  return isSame ? memory : { ...memory, archives };
}

function withVideo(archive: Archive, video: Video | null, wallMs: number, atMs: number, monoMs: number): Archive {
  const checkedWallMs = wallMs - (monoMs - atMs);
  if (archive.checkedWallMs !== null && checkedWallMs <= archive.checkedWallMs + 1) return archive;
  const why = wantingOf(archive, video);
  const durationMs = video?.durationMs ?? null;
  return { ...archive, state: why === null ? 'kept' : 'awaited', why, durationMs, checkedWallMs };
}

/** Why the hours of a broadcast do not count; null = its video is public, processed and whole. */
function wantingOf({ startedWallMs, endedWallMs }: Archive, video: Video | null): string | null {
  if (video === null) return 'there is no video of it';
  if (video.privacy !== 'public') return `its video is ${video.privacy ?? 'perhaps not public'}`;
  if (video.upload !== 'processed') return `its video is ${video.upload ?? 'not processed'}`;
  const from = video.startedAtMs ?? startedWallMs;
  const to = video.endedAtMs ?? endedWallMs;
  if (from === null || video.durationMs === null) return 'its length is not known';
  const missingMs = to - from - video.durationMs;
  if (Math.abs(missingMs) <= ARCHIVE_TOLERANCE_MS) return null;
  return missingMs > 0 ? `its video lacks ${Math.round(missingMs / 60_000)} min` : 'its video is longer than it was';
}

/** Drops what is too old to matter. */
function forget(memory: YouTubeMemory, { timing, now, desired }: BroadcastContext): YouTubeMemory {
  const { blocked } = memory;
  const spec = desired.kind === 'onAir' ? JSON.stringify(desired.spec) : null;
  const isOver =
    blocked !== null &&
    ((blocked.untilMs !== null && now.monoMs >= blocked.untilMs) || (blocked.spec !== null && blocked.spec !== spec));
  const writes = Object.entries(memory.writes).filter(([, { atMs }]) => now.monoMs - atMs < timing.healMostMs);
  return {
    ...memory,
    blocked: isOver ? null : blocked,
    creationsWallMs: memory.creationsWallMs.filter((wallMs) => Math.abs(now.wallMs - wallMs) < DAY_MS),
    writes: writes.length === Object.keys(memory.writes).length ? memory.writes : Object.fromEntries(writes),
  };
}
