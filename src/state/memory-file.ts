import * as z from 'zod';
import { parseYouTubeMemory } from './youtube-memory.ts';
import {
  type Memory,
  NO_BACKOFF,
  NO_MEMORY,
  NO_RECYCLE,
  NO_TROUBLE,
  STOP_MANNERS,
  type TroubleMemory,
} from '../reconcile/model/memory.ts';
import { REASONS } from '../reconcile/model/reasons.ts';
import type { Boot } from '../system/boot.ts';
import { parseJson } from '../system/json.ts';

const count = z.number().nonnegative();
const backoff = z.object({
  failures: count,
  step: count,
  notBeforeMs: count,
  deathsAtMs: z.array(count).max(16).readonly(),
});

const status = z.enum(['live', 'degraded', 'stopped', 'starting', 'stopping', 'down']);
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
        status,
        reason: z.enum([...REASONS, 'Test']),
        message: z.string(),
        sinceWallMs: z.number(),
        atWallMs: z.number(),
      }),
    )
    .max(16),
});

const { uplink: NO_UPLINK, restarts: NO_RESTARTS, air: NO_AIR } = NO_MEMORY;

const item = z.object({
  ...backoff.shape,
  version: z.string().optional().catch(undefined),
  endedEarlyAtMs: count.nullable(),
  storeFailed: z.boolean(),
  suspicion: z
    .object({ kind: z.enum(['starved', 'endedEarly']), sinceMs: count })
    .nullable()
    .catch(null),
  missing: z.enum(['picture', 'sound']).nullable().catch(null),
  tooSlow: z.number().nonnegative().nullable().catch(null),
});

const stopping = z.object({
  manner: z.enum(STOP_MANNERS),
  sinceMs: count,
  signals: count,
  reason: z.string(),
});

/** Each part has a default for where it is missing or odd, so that one field of another version does not lose the rest. */
const schema = z.object({
  bootId: z.string().nullable().catch(null),
  /** Missing in what an earlier version wrote. */
  namespaceStartTicks: z.number().nullable().catch(null),
  lastHealthCheck: z.iso.datetime().nullable().catch(null),
  tallies: z.object({
    uplink: z
      .object({
        backoff: backoff.catch(NO_BACKOFF),
        current: z
          .object({ runId: z.string(), healthy: z.boolean(), sinceWallMs: z.number().nullable().catch(null) })
          .nullable()
          .catch(null),
        lastFailure: z.string().nullable().catch(null),
      })
      .catch(NO_UPLINK),
    items: z.record(z.string(), item.nullable().catch(null)).catch({}),
    slate: backoff.catch(NO_BACKOFF),
    cursor: z
      .object({
        round: count,
        index: count,
        key: z.string(),
        offsetMs: count,
        version: z.string().optional().catch(undefined),
      })
      .nullable()
      .catch(null),
    pace: z
      .object({ runId: z.string(), airedMs: count, uplinkRunId: z.string(), uplinkOutMs: count })
      .nullable()
      .catch(null),
    stopping: z.record(z.string(), stopping.nullable().catch(null)).catch({}),
    restarts: z
      .object({
        count: count.catch(0),
        lastReason: z.string().nullable().catch(null),
        lastAtWallMs: count.nullable().catch(null),
      })
      .catch(NO_RESTARTS),
    air: z
      .object({
        sessionSinceWallMs: count.nullable().catch(null),
        sessionMs: count.catch(0),
        totalMs: count.catch(0),
        countedUntilMs: count.nullable().catch(null),
      })
      .catch(NO_AIR),
    recycle: z
      .object({
        dueWallMs: count.nullable().catch(null),
        dueFor: z.string().nullable().catch(null),
        pausedUntilMs: count.nullable().catch(null),
        resumedAtMs: count.nullable().catch(null),
      })
      .catch(NO_RECYCLE),
    broadcast: z.object({ sinceMs: z.number(), seenMs: z.number() }).nullable().catch(null),
    suspendedMs: z.number().nullable().catch(null),
    appliedHash: z.string().nullable().catch(null),
    shuffleSeed: z.string().max(64).nullable().catch(null),
    told: z.object({ status, reason: z.string(), sinceWallMs: count }).nullable().catch(null),
    conditions: z.record(z.string(), z.object({ status: z.string(), sinceWallMs: count })).catch({}),
    /** Missing in what an earlier version wrote. */
    youtube: z.unknown().optional(),
    trouble: trouble.catch(NO_TROUBLE),
  }),
});

/**
 * What an earlier daemon remembered, as far as it can be read; `NO_MEMORY` where the file is missing, broken or foreign, as
 * everything that matters on air is observed. Monotonic times mean nothing after a reboot, or after a container began anew:
 * waits then end, and the times of `/health` begin anew.
 */
export function parseMemory(
  text: string | null,
  boot: Boot,
  now: { readonly monoMs: number; readonly wallMs: number },
): Memory {
  const kept = schema.safeParse(parseJson(text ?? ''));
  if (!kept.success) return NO_MEMORY;
  const { tallies, lastHealthCheck } = kept.data;
  const isThisBoot = isSameBoot(kept.data, boot);
  const youtube = parseYouTubeMemory(tallies.youtube, isThisBoot, now);
  if (isThisBoot) {
    return {
      ...NO_MEMORY,
      ...tallies,
      items: readable(tallies.items),
      stopping: readable(tallies.stopping),
      youtube,
      uplink: { ...tallies.uplink, ingestRefused: false },
    };
  }
  const { cursor, restarts, air, recycle } = tallies;
  // Across a reboot only the wall clock goes on; a broadcast that outlived it keeps its age.
  const broadcast = lastHealthCheck === null ? null : tallies.broadcast;
  const awayMs = lastHealthCheck === null ? 0 : Math.max(0, now.wallMs - Date.parse(lastHealthCheck));
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
    shuffleSeed: tallies.shuffleSeed,
    youtube,
    // A trouble that was told is not told again; its duration is counted from now.
    trouble: { ...tallies.trouble, current: null, ill: null },
  };
}

/** Without the entries that are odd. */
const readable = <T>(entries: Readonly<Record<string, T | null>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(entries).flatMap(([key, one]) => (one === null ? [] : [[key, one]])));

/** Whether both are of one boot. Where one of them does not tell when PID 1 began, the boot id decides. */
export function isSameBoot(
  kept: { readonly bootId: string | null; readonly namespaceStartTicks: number | null },
  { id, namespaceStartTicks }: Boot,
): boolean {
  const known = kept.namespaceStartTicks !== null && namespaceStartTicks !== null;
  return kept.bootId === id && (!known || kept.namespaceStartTicks === namespaceStartTicks);
}
