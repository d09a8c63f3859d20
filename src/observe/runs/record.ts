import * as z from 'zod';
import type { PlayoutRecord } from '../../reconcile/model/run.ts';
import { parseJson } from '../../system/json.ts';

const frame = z.string().regex(/^\d+x\d+@[\d.]+$/);
const treatment = z.enum(['copy', 'transcode']);
const milliseconds = z.number().nonnegative();

const schema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('item'),
    key: z.string(),
    version: z.string(),
    round: z.int(),
    index: z.int(),
    offsetMs: milliseconds,
    durationMs: z.nullable(milliseconds),
    lengthMs: z.nullable(milliseconds),
    mode: treatment,
    picture: treatment.optional(),
    sound: treatment.optional(),
    rateKbps: z.number().positive(),
    frame,
    seenAtWallMs: milliseconds.optional(),
  }),
  z.object({ kind: z.literal('slate'), frame }),
]);

/** Parses a playout's record; null when this version does not understand it. */
export const parseRunRecord = (text: string | null): PlayoutRecord | null =>
  schema.safeParse(parseJson(text ?? '')).data ?? null;
