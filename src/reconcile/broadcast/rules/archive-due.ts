import type { YouTubeMemory } from '../../model/youtube/memory.ts';
import type { BroadcastContext } from '../../model/youtube/context.ts';

/** The id of the video to be read now, often soon after the broadcast's end and rarely later; null = none. */
export function archiveDue(memory: YouTubeMemory, { timing, now }: BroadcastContext): string | null {
  const due = memory.archives.findLast(({ state, endedWallMs, checkedWallMs }) => {
    if (state !== 'awaited') return false;
    const everyMs = now.wallMs - endedWallMs < timing.archiveLaterMs ? timing.archiveMs : timing.archiveLaterMs;
    return checkedWallMs === null || now.wallMs - checkedWallMs >= everyMs;
  });
  return due?.id ?? null;
}
