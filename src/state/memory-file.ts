import * as z from 'zod';
import { parseYouTubeMemory } from './youtube-memory.ts';
import { type Memory, NO_MEMORY, NO_RECYCLE, NO_TROUBLE, type TroubleMemory } from '../reconcile/model/memory.ts';
import { REASONS } from '../reconcile/model/reasons.ts';

const count = z.number().nonnegative();
const backoff = z.object({
  failures: count,
  step: count,
  notBeforeMs: count,
  deathsAtMs: z.array(count).max(16),
});

const since = z.object({ sinceMs: z.number(), sinceWallMs: z.number() });
const trouble: z.ZodType<TroubleMemory> = z.object({
  current: since.extend({ level: z.enum(['well', 'degraded', 'down', 'stopped', 'paused']) }).nullable(),
  ill: since.nullable(),
  told: z.enum(['nothing', 'degraded', 'down']),
  outbox: z
    .array(
      z.object({
        id: z.string(),
        event: z.enum(['trouble', 'well']),
        status: z.enum(['live', 'degraded', 'stopped', 'starting', 'stopping', 'down']),
        reason: z.enum([...REASONS, 'Test']),
        message: z.string(),
        sinceWallMs: z.number(),
        atWallMs: z.number(),
      }),
    )
    .max(16),
});

// What a later version added has a default, so that an upgrade forgets nothing.
const schema = z.object({
  bootId: z.string(),
  lastHealthCheck: z.iso.datetime(),
  tallies: z.object({
    uplink: z.object({
      backoff,
      current: z
        .object({ runId: z.string(), healthy: z.boolean(), sinceWallMs: z.number().nullable().default(null) })
        .nullable(),
      lastFailure: z.string().nullable(),
    }),
    items: z.record(
      z.string(),
      z.object({
        ...backoff.shape,
        version: z.string().optional(),
        endedEarlyAtMs: count.nullable(),
        storeFailed: z.boolean(),
        suspicion: z
          .object({ kind: z.enum(['starved', 'endedEarly']), sinceMs: count })
          .nullable()
          .default(null),
        missing: z.enum(['picture', 'sound']).nullable().default(null),
      }),
    ),
    slate: backoff,
    cursor: z
      .object({ round: count, index: count, key: z.string(), offsetMs: count, version: z.string().optional() })
      .nullable(),
    pace: z
      .object({ runId: z.string(), airedMs: count, uplinkRunId: z.string(), uplinkOutMs: count })
      .nullable()
      .default(null),
    restarts: z.object({ count, lastReason: z.string().nullable(), lastAtWallMs: count.nullable() }),
    air: z.object({
      sessionSinceWallMs: count.nullable(),
      sessionMs: count,
      totalMs: count,
      countedUntilMs: count.nullable(),
    }),
    recycle: z.object({
      dueWallMs: count.nullable(),
      dueFor: z.string().nullable().default(null),
      pausedUntilMs: count.nullable(),
      resumedAtMs: count.nullable(),
    }),
    broadcast: z.object({ sinceMs: z.number(), seenMs: z.number() }).nullable(),
    appliedHash: z.string().nullable(),
    youtube: z.unknown(),
    trouble: trouble.catch(NO_TROUBLE),
  }),
});

/**
 * What an earlier daemon remembered; nothing where the file is missing, broken or foreign: everything that matters on
 * air is observed, not remembered. Monotonic times of another boot mean nothing, so waits end with it.
 */
export function parseMemory(
  text: string | null,
  bootId: string,
  now: { readonly monoMs: number; readonly wallMs: number },
): Memory {
  if (text === null) return NO_MEMORY;
  let kept: z.infer<typeof schema>;
  try {
    kept = schema.parse(JSON.parse(text));
  } catch {
    return NO_MEMORY;
  }
  const { tallies } = kept;
  const youtube = parseYouTubeMemory(tallies.youtube, kept.bootId === bootId, now);
  if (kept.bootId === bootId)
    return { ...NO_MEMORY, ...tallies, youtube, uplink: { ...tallies.uplink, ingestRefused: false } };
  const { cursor, restarts, air, broadcast, recycle } = tallies;
  // Across a reboot only the wall clock goes on; a broadcast that outlived it keeps its age.
  const awayMs = Math.max(0, now.wallMs - Date.parse(kept.lastHealthCheck));
  const seenMs = now.monoMs - awayMs;
  const ageMs = broadcast === null ? 0 : broadcast.seenMs - broadcast.sinceMs;
  return {
    ...NO_MEMORY,
    cursor,
    restarts,
    air: { ...air, sessionSinceWallMs: null, countedUntilMs: null },
    recycle: { ...NO_RECYCLE, dueWallMs: recycle.dueWallMs, dueFor: recycle.dueFor },
    broadcast: broadcast === null ? null : { sinceMs: seenMs - ageMs, seenMs },
    appliedHash: tallies.appliedHash,
    youtube,
    // What was told stays told; how long a trouble lasts is counted anew.
    trouble: { ...tallies.trouble, current: null, ill: null },
  };
}
