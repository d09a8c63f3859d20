import * as z from 'zod';
import { NO_TALLIES, type Tallies } from '../reconcile/tallies.ts';

const count = z.number().nonnegative();
const backoff = z.object({
  failures: count,
  step: count,
  notBeforeMs: count,
  deathsAtMs: z.array(count).max(16),
});

const schema = z.object({
  bootId: z.string(),
  tallies: z.object({
    uplink: z.object({
      backoff,
      current: z.object({ runId: z.string(), healthy: z.boolean() }).nullable(),
      lastFailure: z.string().nullable(),
    }),
    items: z.record(z.string(), backoff),
    cursor: z.object({ round: count, index: count, key: z.string(), offsetMs: count }).nullable(),
    restarts: z.object({ count, lastReason: z.string().nullable(), lastAtWallMs: count.nullable() }),
    air: z.object({
      sessionSinceWallMs: count.nullable(),
      sessionMs: count,
      totalMs: count,
      countedUntilMs: count.nullable(),
    }),
    appliedHash: z.string().nullable(),
  }),
});

/**
 * What an earlier daemon remembered; nothing where the file is missing, broken or foreign: everything that matters on
 * air is observed, not remembered. Monotonic times of another boot mean nothing, so waits end with it.
 */
export function parseTallies(text: string | null, bootId: string): Tallies {
  if (text === null) return NO_TALLIES;
  let kept: z.infer<typeof schema>;
  try {
    kept = schema.parse(JSON.parse(text));
  } catch {
    return NO_TALLIES;
  }
  const { tallies } = kept;
  if (kept.bootId === bootId) return { ...NO_TALLIES, ...tallies, uplink: { ...tallies.uplink, ingestRefused: false } };
  const { cursor, restarts, air } = tallies;
  return {
    ...NO_TALLIES,
    cursor,
    restarts,
    air: { ...air, sessionSinceWallMs: null, countedUntilMs: null },
    appliedHash: tallies.appliedHash,
  };
}
