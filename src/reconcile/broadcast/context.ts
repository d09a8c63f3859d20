import type { Moment } from '../model/observation.ts';
import type { BroadcastContext } from '../model/youtube/context.ts';
import type { ReadsSince, YouTubeMemory } from '../model/youtube/memory.ts';
import type { Timing } from '../model/youtube/timing.ts';
import type { Broadcast, YouTubeLook } from '../model/youtube/youtube.ts';

/** The broadcasts of a look that are bound to our stream. */
export const onOurStream = ({ stream, broadcasts }: YouTubeLook): readonly Broadcast[] =>
  stream === null ? [] : broadcasts.filter(({ streamId }) => streamId === stream.id);

/** The live ones among them, the youngest last. */
export const liveOnOurStream = (look: YouTubeLook): readonly Broadcast[] =>
  onOurStream(look)
    .filter(({ lifeCycle }) => lifeCycle === 'live')
    .toSorted((a, b) => (a.startedAtMs ?? 0) - (b.startedAtMs ?? 0));

/** Whether two looks that agree were far enough apart, so that no outdated answer decides. */
export const isConfirmed = (reads: ReadsSince | null | undefined, { apartMs }: Timing): reads is ReadsSince =>
  reads !== null && reads !== undefined && reads.lastAtMs - reads.firstAtMs >= apartMs;

/** The age of a broadcast that was seen live: by YouTube's start time or by our own watching, whichever is older, as clocks may be wrong. */
export function liveAgeMs({ live }: Pick<YouTubeMemory, 'live'>, id: string, now: Moment): number {
  const seen = live[id];
  if (seen === undefined) return 0;
  const byYouTubeMs = seen.startedWallMs === null ? 0 : now.wallMs - seen.startedWallMs;
  return Math.max(0, byYouTubeMs, now.monoMs - seen.sinceMs);
}

/** The last look, if it is no older than `staleMs` and was begun after our last change; else null. */
export function freshLook(memory: YouTubeMemory, { observation, timing, now }: BroadcastContext): YouTubeLook | null {
  const { look } = observation;
  if (look === null || now.monoMs - look.atMs > timing.staleMs) return null;
  return memory.pace.changedAtMs !== null && look.atMs < memory.pace.changedAtMs ? null : look;
}
