import { z } from 'zod';
import { insertBody, videoUpdate } from './wire/bodies.ts';
import { BAD_ANSWER, failed, failureOf } from './failure.ts';
import type { BroadcastFilter, YouTube, YouTubeResult } from './port.ts';
import { readBroadcast, readChannel, readFoundStream, readStream, readVideo } from './wire/read.ts';
import type { YouTubeSettings } from './settings.ts';
import type { Call, Transport } from './wire/transport.ts';
import { broadcastSchema, channelSchema, pageSchema, reportSchema, streamSchema, videoSchema } from './wire/schema.ts';

/** 1,000 items, more broadcasts than a channel has open. It ends a list whose pages lead in a circle. */
const MOST_PAGES = 20;
const PAGE_ITEMS = '50';
/** For a write whose answer is not used. */
const anything = z.looseObject({});

type Base = 'apiUrl' | 'analyticsUrl';

/** YouTube's Data, Live Streaming and Analytics APIs behind the port. */
export function createYouTube(settings: Pick<YouTubeSettings, Base>, ask: Transport): YouTube {
  /** Every page of a list. */
  const list = async <S extends z.ZodType>(
    resource: string,
    query: Record<string, string>,
    item: S,
  ): Promise<YouTubeResult<z.output<S>[]>> => {
    const found: z.output<S>[] = [];
    let pageToken: string | null = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer: YouTubeResult<z.output<ReturnType<typeof pageSchema<S>>>> = await ask({
        method: 'GET',
        base: settings.apiUrl,
        path: `/youtube/v3/${resource}`,
        query: { ...query, ...(pageToken === null ? {} : { pageToken }) },
        counts: 'read',
        schema: pageSchema(item),
      });
      if (answer.kind === 'failed') return answer;
      found.push(...(answer.value.items ?? []));
      pageToken = answer.value.nextPageToken ?? null;
      if (pageToken === null || pageToken === '') return { kind: 'ok', value: found };
    }
    return failed(failureOf('tooManyPages', 'unavailable'));
  };

  const write = <S extends z.ZodType>(
    method: Call<S>['method'],
    resource: string,
    query: Record<string, string>,
    schema: S,
    json?: unknown,
  ): Promise<YouTubeResult<z.output<S>>> => {
    const body = json === undefined ? undefined : { type: 'application/json', bytes: JSON.stringify(json) };
    const path = `/youtube/v3/${resource}`;
    return ask({ method, base: settings.apiUrl, path, query, body, counts: 'write', schema });
  };

  return {
    channel: async () =>
      mapped(await list('channels', { part: 'id,snippet', mine: 'true' }, channelSchema), ([first]) =>
        first === undefined ? null : readChannel(first),
      ),

    findStream: async (streamKey) => {
      const query = { part: 'id,snippet,cdn,status', mine: 'true', maxResults: PAGE_ITEMS };
      return mapped(await list('liveStreams', query, streamSchema), (streams) => {
        const ours = streams.find(({ cdn }) => cdn?.ingestionInfo?.streamName === streamKey);
        return ours === undefined ? null : readFoundStream(ours);
      });
    },

    stream: async (id) =>
      mapped(await list('liveStreams', { part: 'id,status', id }, streamSchema), (streams) => {
        const found = streams.find((each) => each.id === id);
        return found === undefined ? null : readStream(found);
      }),

    broadcasts: async (filter) => {
      if (filter.kind === 'ids' && filter.ids.length === 0) return { kind: 'ok', value: [] };
      return mapped(await list('liveBroadcasts', broadcastQuery(filter), broadcastSchema), (all) =>
        all.map(readBroadcast),
      );
    },

    insertBroadcast: async (broadcast) => {
      const query = { part: 'id,snippet,status,contentDetails' };
      return mapped(
        await write('POST', 'liveBroadcasts', query, broadcastSchema, insertBody(broadcast)),
        readBroadcast,
      );
    },

    bindBroadcast: async (id, streamId) =>
      done(await write('POST', 'liveBroadcasts/bind', { part: 'id,contentDetails', id, streamId }, anything)),

    transitionBroadcast: async (id, broadcastStatus) => {
      const query = { part: 'id,status', id, broadcastStatus };
      return done(await write('POST', 'liveBroadcasts/transition', query, anything), 'redundantTransition');
    },

    deleteBroadcast: async (id) =>
      done(await write('DELETE', 'liveBroadcasts', { id }, anything), 'liveBroadcastNotFound'),

    videos: async (ids) => {
      if (ids.length === 0) return { kind: 'ok', value: [] };
      const query = { part: 'id,snippet,status,contentDetails,liveStreamingDetails', id: ids.join(',') };
      return mapped(await list('videos', query, videoSchema), (videos) => videos.map(readVideo));
    },

    editVideo: async (id, edit) => {
      const read = await list('videos', { part: 'id,snippet,status', id }, videoSchema);
      if (read.kind === 'failed') return read;
      const video = read.value.find((each) => each.id === id);
      if (video === undefined) return failed(failureOf('videoNotFound'));
      // An update wipes every field that it does not name, so all must be known.
      if (!isWhole(video)) return failed(BAD_ANSWER);
      const update = videoUpdate(video, edit);
      if (update === null) return { kind: 'ok', value: null };
      const parts = ['snippet', 'status'].filter((part) => part in update);
      return done(await write('PUT', 'videos', { part: parts.join(',') }, anything, update));
    },

    setThumbnail: async (videoId, { type, bytes }) => {
      const set = await ask({
        method: 'POST',
        base: settings.apiUrl,
        path: '/upload/youtube/v3/thumbnails/set',
        query: { videoId, uploadType: 'media' },
        body: { type, bytes },
        counts: 'write',
        schema: anything,
      });
      if (set.kind === 'failed' && set.failure.reason === 'forbidden') {
        const message = 'the channel may not set thumbnails: verify its phone number at youtube.com/verify (forbidden)';
        return failed({ ...set.failure, message });
      }
      return done(set);
    },

    addToPlaylist: async (playlistId, videoId) => {
      const body = { snippet: { playlistId, resourceId: { kind: 'youtube#video', videoId } } };
      const added = await write('POST', 'playlistItems', { part: 'id,snippet' }, anything, body);
      return done(added, 'videoAlreadyInPlaylist');
    },

    report: async ({ firstDay, lastDay, metrics, dimensions, videoIds }) => {
      const query = {
        ids: 'channel==MINE',
        startDate: firstDay,
        endDate: lastDay,
        metrics: metrics.join(','),
        ...(dimensions.length === 0 ? {} : { dimensions: dimensions.join(',') }),
        ...(videoIds === null ? {} : { filters: `video==${videoIds.join(',')}` }),
      };
      const base = settings.analyticsUrl;
      const asked = await ask({ method: 'GET', base, path: '/v2/reports', query, counts: null, schema: reportSchema });
      return mapped(asked, ({ rows }) => rows ?? []);
    },
  };
}

/** Exactly one filter: YouTube refuses `mine` beside another with `incompatibleParameters`. */
function broadcastQuery(filter: BroadcastFilter): Record<string, string> {
  const common = { part: 'id,snippet,status,contentDetails,statistics', maxResults: PAGE_ITEMS };
  if (filter.kind === 'ids') return { ...common, id: filter.ids.join(',') };
  // The default, `event`, leaves out broadcasts that older tools began.
  return { ...common, broadcastStatus: filter.kind, broadcastType: 'all' };
}

const isWhole = ({ snippet, status }: z.output<typeof videoSchema>): boolean =>
  typeof snippet?.title === 'string' &&
  typeof snippet.categoryId === 'string' &&
  status !== null &&
  status !== undefined;

function mapped<T, U>(result: YouTubeResult<T>, map: (value: T) => U): YouTubeResult<U> {
  return result.kind === 'ok' ? { kind: 'ok', value: map(result.value) } : result;
}

/** The result of a write. `already`: YouTube's word for a write that was done before, which is no failure. */
function done(result: YouTubeResult<unknown>, already?: string): YouTubeResult<null> {
  if (result.kind === 'ok' || result.failure.reason === already) return { kind: 'ok', value: null };
  return result;
}
