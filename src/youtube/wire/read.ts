import type { z } from 'zod';
import type { Broadcast, Channel, Stream, Video } from '../../reconcile/model/youtube/youtube.ts';
import type { FoundStream } from '../port.ts';
import type { broadcastSchema, channelSchema, streamSchema, videoSchema } from './schema.ts';

/** An answer of YouTube's as plain data. */
export const readChannel = ({ id, snippet }: z.output<typeof channelSchema>): Channel => ({
  id,
  title: snippet?.title ?? '',
});

export function readStream({ id, status }: z.output<typeof streamSchema>): Stream {
  const health = status?.healthStatus;
  const seconds = Number(health?.lastUpdateTimeSeconds ?? Number.NaN);
  return {
    id,
    status: status?.streamStatus ?? null,
    health: health?.status ?? null,
    healthAtMs: seconds > 0 ? seconds * 1000 : null,
    issues: (health?.configurationIssues ?? []).flatMap(({ type, severity }) =>
      typeof type === 'string' ? [{ type, severity: severity ?? null }] : [],
    ),
  };
}

export function readFoundStream(stream: z.output<typeof streamSchema>): FoundStream {
  const { resolution, frameRate } = stream.cdn ?? {};
  const isKnown = typeof resolution === 'string' && typeof frameRate === 'string';
  return {
    ...readStream(stream),
    title: stream.snippet?.title ?? '',
    takesAnySize: isKnown ? resolution === 'variable' && frameRate === 'variable' : null,
  };
}

export function readBroadcast(broadcast: z.output<typeof broadcastSchema>): Broadcast {
  const { id, snippet, status, contentDetails, statistics } = broadcast;
  const scheduledAtMs = timeMs(snippet?.scheduledStartTime);
  return {
    id,
    title: snippet?.title ?? null,
    lifeCycle: status?.lifeCycleStatus ?? null,
    privacy: status?.privacyStatus ?? null,
    scheduledAtMs: scheduledAtMs === 0 ? null : scheduledAtMs,
    startedAtMs: timeMs(snippet?.actualStartTime),
    endedAtMs: timeMs(snippet?.actualEndTime),
    streamId: contentDetails?.boundStreamId ?? null,
    autoStop: contentDetails?.enableAutoStop ?? null,
    viewers: countOf(statistics?.concurrentViewers),
  };
}

export function readVideo(video: z.output<typeof videoSchema>): Video {
  const { id, status, contentDetails, liveStreamingDetails } = video;
  return {
    id,
    privacy: status?.privacyStatus ?? null,
    upload: status?.uploadStatus ?? null,
    durationMs: durationMs(contentDetails?.duration),
    startedAtMs: timeMs(liveStreamingDetails?.actualStartTime),
    endedAtMs: timeMs(liveStreamingDetails?.actualEndTime),
  };
}

function timeMs(text: string | null | undefined): number | null {
  const ms = text === null || text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

function countOf(value: string | number | null | undefined): number | null {
  const count = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
  return Number.isSafeInteger(count) && count >= 0 ? count : null;
}

/** An ISO 8601 duration in days, hours, minutes and seconds, as videos have it: `PT11H14M58S`, `P1DT2H`, `P0D`. */
function durationMs(text: string | null | undefined): number | null {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text ?? '');
  if (match === null) return null;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000;
}
