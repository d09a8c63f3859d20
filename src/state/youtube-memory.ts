import * as z from 'zod';
import {
  API_WELL,
  NO_PACE,
  NO_YOUTUBE_MEMORY,
  type Applied,
  type YouTubeMemory,
} from '../reconcile/model/youtube/memory.ts';

const time = z.number();
const count = z.int().nonnegative();
const reads = z.object({ firstAtMs: time, lastAtMs: time });
const privacy = z.enum(['public', 'unlisted', 'private']);
const latency = z.enum(['normal', 'low', 'ultraLow']);
const spec = z.object({
  title: z.string(),
  madeForKids: z.boolean(),
  description: z.string(),
  privacy,
  category: z.string().nullable(),
  tags: z.array(z.string()),
  thumbnail: z.string().nullable(),
  playlist: z.string().nullable(),
  latency,
});
/** Each key is read by itself: only one that is odd is applied once more. */
const applied = z.record(z.string(), z.unknown()).transform((values): Applied => {
  const kept = Object.entries(spec.shape).filter(([key, shape]) => shape.safeParse(values[key]).success);
  return Object.fromEntries(kept.map(([key]) => [key, values[key]]));
});
const fillings = z.object({ beginWallMs: time, n: count, item: z.string().nullable() });
const api = z.object({
  state: z.enum(['ok', 'backoff', 'quota', 'unauthorized', 'refused']),
  reason: z.string().nullable(),
  message: z.string().nullable(),
  untilMs: time.nullable(),
  untilWallMs: time.nullable(),
  failures: count,
  proven: z.boolean(),
});
const archive = z.object({
  id: z.string(),
  startedWallMs: time.nullable(),
  endedWallMs: time,
  state: z.enum(['awaited', 'kept', 'lost']),
  why: z.string().nullable(),
  durationMs: time.nullable(),
  checkedWallMs: time.nullable(),
});
const attempt = z.object({
  why: z.enum(['begin', 'heal', 'recycle', 'age']),
  fillings,
  spec,
  title: z.string(),
  scheduledWallMs: time,
  id: z.string().nullable(),
  step: z.enum(['announced', 'created', 'bound', 'starting']),
  startingSinceMs: time.nullable().catch(null),
  unwanted: z.boolean().catch(false),
});

/** Each field has a default, so that one that cannot be read does not lose the rest: a broadcast whose id is lost is never ended. */
const schema = z.object({
  login: z.string().nullable().catch(null),
  api: api.catch(API_WELL),
  acknowledgedSinceMs: time.nullable().catch(null),
  uplinkGoneSinceMs: time.nullable().catch(null),
  nothingLive: reads.nullable().catch(null),
  live: z
    .record(z.string(), z.object({ startedWallMs: time.nullable(), sinceMs: time, missedAtMs: time.nullable() }))
    .catch({}),
  current: z
    .object({
      id: z.string(),
      origin: z.enum(['begun', 'adopted']).catch('adopted'),
      fillings,
      applied: applied.catch({}),
      refusals: z.array(z.string()).catch([]),
    })
    .nullable()
    .catch(null),
  retiring: z.array(z.string()).catch([]),
  attempt: attempt.nullable().catch(null),
  count: count.catch(0),
  creationsWallMs: z.array(time).catch([]),
  healing: z.object({ lost: z.boolean(), lastWallMs: time.nullable(), waitMs: time }).catch(NO_YOUTUBE_MEMORY.healing),
  blocked: z
    .object({ reason: z.string(), message: z.string(), untilMs: time.nullable(), spec: z.string().nullable() })
    .nullable()
    .catch(null),
  renewal: z.enum(['recycle', 'age']).nullable().catch(null),
  due: z.object({ wallMs: time, name: z.string() }).nullable().catch(null),
  archives: z.array(archive.nullable().catch(null)).catch([]),
});

/**
 * What an earlier daemon remembered of YouTube's side. Its last call may have been carried out without an answer, so a
 * broadcast that was only announced is looked for before it is created. Monotonic times mean nothing after a reboot.
 */
export function parseYouTubeMemory(value: unknown, sameBoot: boolean, now: { readonly monoMs: number }): YouTubeMemory {
  const parsed = schema.safeParse(value ?? {});
  if (!parsed.success) return NO_YOUTUBE_MEMORY;
  const { data } = parsed;
  const memory: YouTubeMemory = {
    ...NO_YOUTUBE_MEMORY,
    ...data,
    pace: NO_PACE,
    archives: data.archives.filter((each) => each !== null),
    attempt: data.attempt === null ? null : { ...data.attempt, sent: true, missed: null },
  };
  if (sameBoot) return memory;
  const { attempt, blocked, live } = memory;
  return {
    ...memory,
    api: API_WELL,
    acknowledgedSinceMs: null,
    uplinkGoneSinceMs: null,
    nothingLive: null,
    live: Object.fromEntries(
      Object.entries(live).map(([id, seen]) => [id, { ...seen, sinceMs: now.monoMs, missedAtMs: null }]),
    ),
    attempt: attempt === null ? null : { ...attempt, startingSinceMs: null },
    blocked: blocked?.spec === null ? null : blocked,
  };
}
