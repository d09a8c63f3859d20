import type { Broadcast, Channel, Stream, YouTubeCall } from '../../reconcile/model/youtube/youtube.ts';
import type { YouTube, YouTubeResult } from '../port.ts';
import type { Found } from './view.ts';

/** One look at our stream and its broadcasts: all of it, or a failure. A channel that is known is not asked for again. */
export async function lookAtYouTube(
  youtube: Pick<YouTube, 'channel' | 'findStream' | 'stream' | 'broadcasts'>,
  { streamId, upcoming, ids }: YouTubeCall & { readonly kind: 'look' },
  known: { readonly streamKey: string | null; readonly channel: Channel | null },
  nowMs: () => number,
): Promise<YouTubeResult<Found & { readonly kind: 'look' }>> {
  const atMs = nowMs();
  const channel = known.channel === null ? await youtube.channel() : ({ kind: 'ok', value: known.channel } as const);
  if (channel.kind === 'failed') return channel;
  const stream = await ourStream(youtube, streamId, known.streamKey);
  if (stream.kind === 'failed') return stream;
  const broadcasts = new Map<string, Broadcast>();
  const lists = [
    () => youtube.broadcasts({ kind: 'active' }),
    ...(upcoming ? [() => youtube.broadcasts({ kind: 'upcoming' })] : []),
    ...(ids.length > 0 ? [() => youtube.broadcasts({ kind: 'ids', ids })] : []),
  ];
  // Where no stream of the channel has our key, its broadcasts are none of ours.
  for (const list of stream.value === null ? [] : lists) {
    const answer = await list();
    if (answer.kind === 'failed') return answer;
    for (const broadcast of answer.value) broadcasts.set(broadcast.id, broadcast);
  }
  const look = { atMs, stream: stream.value, broadcasts: [...broadcasts.values()], upcoming, ids };
  return { kind: 'ok', value: { kind: 'look', look, channel: channel.value } };
}

/** By its id, so that the key is sent once only; by the key where the id is not known, or its stream was deleted. */
async function ourStream(
  youtube: Pick<YouTube, 'findStream' | 'stream'>,
  streamId: string | null,
  streamKey: string | null,
): Promise<YouTubeResult<Stream | null>> {
  if (streamKey === null) return { kind: 'ok', value: null };
  if (streamId !== null) {
    const known = await youtube.stream(streamId);
    if (known.kind === 'failed' || known.value !== null) return known;
  }
  return youtube.findStream(streamKey);
}
