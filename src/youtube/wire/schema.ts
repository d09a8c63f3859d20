import { z } from 'zod';

/**
 * YouTube's answers as they come, tolerantly: what is missing, or a word that is unknown here, is null and costs nothing
 * else. Only an item without an id makes the answer unusable: leaving it out could hide a live broadcast. Names are
 * Google's own (`youtube_v3` of @googleapis/youtube; a test holds them to it).
 */
const optional = <S extends z.ZodType>(schema: S) => schema.nullish().catch(null);
const text = optional(z.string());
const flag = optional(z.boolean());
const oneOf = <const W extends readonly [string, ...string[]]>(words: W) => optional(z.enum(words));
const group = <S extends z.ZodRawShape>(shape: S) => optional(z.looseObject(shape));

export const channelSchema = z.looseObject({ id: z.string(), snippet: group({ title: text }) });

export const streamSchema = z.looseObject({
  id: z.string(),
  snippet: group({ title: text }),
  cdn: group({ resolution: text, frameRate: text, ingestionInfo: group({ streamName: text }) }),
  status: group({
    streamStatus: oneOf(['active', 'created', 'error', 'inactive', 'ready']),
    healthStatus: group({
      status: oneOf(['good', 'ok', 'bad', 'noData', 'revoked']),
      // An int64, which JSON carries as a text.
      lastUpdateTimeSeconds: optional(z.union([z.string(), z.number()])),
      configurationIssues: optional(
        z.array(z.looseObject({ type: text, severity: oneOf(['info', 'warning', 'error']) })),
      ),
    }),
  }),
});

export const broadcastSchema = z.looseObject({
  id: z.string(),
  snippet: group({ title: text, scheduledStartTime: text, actualStartTime: text, actualEndTime: text }),
  status: group({
    lifeCycleStatus: oneOf([
      ...(['created', 'ready', 'testStarting', 'testing', 'liveStarting', 'live', 'complete', 'revoked'] as const),
    ]),
    privacyStatus: oneOf(['public', 'unlisted', 'private']),
  }),
  contentDetails: group({ boundStreamId: text, enableAutoStop: flag }),
  // A uint64, which JSON carries as a text.
  statistics: group({ concurrentViewers: optional(z.union([z.string(), z.number()])) }),
});

export const videoSchema = z.looseObject({
  id: z.string(),
  snippet: group({
    title: text,
    description: text,
    categoryId: text,
    tags: optional(z.array(z.string())),
    defaultLanguage: text,
    defaultAudioLanguage: text,
  }),
  status: group({
    uploadStatus: oneOf(['uploaded', 'processed', 'failed', 'rejected', 'deleted']),
    privacyStatus: oneOf(['public', 'unlisted', 'private']),
    selfDeclaredMadeForKids: flag,
    embeddable: flag,
    license: text,
    publicStatsViewable: flag,
    publishAt: text,
    containsSyntheticMedia: flag,
  }),
  contentDetails: group({ duration: text }),
  liveStreamingDetails: group({ actualStartTime: text, actualEndTime: text }),
});

export const reportSchema = z.looseObject({
  // Nobody reads them, but what has none is no table.
  columnHeaders: z.array(z.looseObject({ name: z.string() })),
  rows: optional(z.array(z.array(z.union([z.string(), z.number(), z.null()])))),
});

/** A page of a list. An empty one may lack `items`; but then it must say what it is, or any JSON would pass for "no broadcast is live". */
export const pageSchema = <S extends z.ZodType>(item: S) =>
  z
    .looseObject({ kind: text, nextPageToken: text, items: z.array(item).optional() })
    .refine(({ kind, items }) => items !== undefined || kind?.endsWith('ListResponse') === true);
