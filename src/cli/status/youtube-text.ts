import type { YouTubeBody } from '../../health/youtube.ts';
import { duration } from '../../text/units.ts';

/** What YouTube shows, a line each: why it is not known, the stream, the broadcast with its title and address. */
export function youTubeTexts({ api, stream, broadcast }: YouTubeBody, nowMs: number): readonly string[] {
  const known = stream === null ? [] : [`stream ${streamText(stream)}`];
  return [
    ...(api.state === 'ok' ? [] : [`${api.state}${api.reason === null ? '' : ` (${api.reason})`}`]),
    ...known,
    ...(broadcast !== null
      ? [`broadcast ${broadcastText(broadcast, nowMs)}`, broadcast.title ?? 'without a title', broadcast.url]
      : stream !== null && api.state === 'ok'
        ? ['no broadcast of our stream is live']
        : []),
  ];
}

/** `active, health good; videoIngestionStarved (error)`. */
export function streamText({ status, health, issues }: NonNullable<YouTubeBody['stream']>): string {
  const named = issues.map(({ type, severity }) => `${type} (${severity ?? 'unknown'})`);
  return [`${status ?? 'in an unknown state'}, health ${health ?? 'unknown'}`, ...named].join('; ');
}

/** `live, public, for 3 h 2 min, 12 watching`. */
export function broadcastText(broadcast: NonNullable<YouTubeBody['broadcast']>, nowMs: number): string {
  const { lifeCycle, privacy, startedAt, viewers } = broadcast;
  const age = startedAt === null ? '' : `, for ${duration(nowMs - Date.parse(startedAt))}`;
  const watching = viewers === null ? '' : `, ${String(viewers)} watching`;
  return `${lifeCycle ?? 'unknown'}, ${privacy ?? 'unknown'}${age}${watching}`;
}
