import type { Moment } from '../model/observation.ts';
import type { BroadcastContext } from '../model/youtube/context.ts';
import type { YouTubeMemory } from '../model/youtube/memory.ts';
import type { Broadcast, YouTubeLook } from '../model/youtube/youtube.ts';

/** The broadcasts of a look that are bound to our stream. */
export const onOurStream = ({ stream, broadcasts }: YouTubeLook): readonly Broadcast[] =>
  stream === null ? [] : broadcasts.filter(({ streamId }) => streamId === stream.id);

/** Those of them that viewers see; the youngest last. */
export const liveOnOurStream = (look: YouTubeLook): readonly Broadcast[] =>
  onOurStream(look)
    .filter(({ lifeCycle }) => lifeCycle === 'live')
    .toSorted((a, b) => (a.startedAtMs ?? 0) - (b.startedAtMs ?? 0));

/** How old a broadcast is that was seen live; the larger of what YouTube's start and our own watching say, as clocks may be wrong. */
export function liveAgeMs({ live }: Pick<YouTubeMemory, 'live'>, id: string, now: Moment): number {
  const seen = live[id];
  if (seen === undefined) return 0;
  const byYouTubeMs = seen.startedWallMs === null ? 0 : now.wallMs - seen.startedWallMs;
  return Math.max(0, byYouTubeMs, now.monoMs - seen.sinceMs);
}

/** A look is true until a change of ours, and for little longer than until the next one is due. */
export function freshLook(memory: YouTubeMemory, { observation, timing, now }: BroadcastContext): YouTubeLook | null {
  const { look } = observation;
  if (look === null || now.monoMs - look.atMs > timing.staleMs) return null;
  return memory.pace.changedAtMs !== null && look.atMs < memory.pace.changedAtMs ? null : look;
}
