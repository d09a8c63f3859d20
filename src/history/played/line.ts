import * as z from 'zod';
import { parseJson } from '../../system/json.ts';

/**
 * How an item ended. `played`: at its end. `replaced`: the daemon stopped it for another. `failed`: by itself, before its
 * end. `off-air`: the stream went off air. `unseen`: no daemon ran at that time.
 */
const ENDINGS = ['played', 'replaced', 'failed', 'off-air', 'unseen'] as const;
export type Ending = (typeof ENDINGS)[number];

const playing = {
  /** Wall clock, ISO 8601 UTC, to about a second. */
  begin: z.iso.datetime(),
  end: z.iso.datetime(),
  key: z.string(),
  /** As it is tagged; null = it is not. */
  title: z.string().nullable().catch(null),
  artist: z.string().nullable().catch(null),
  /** Where in the item it began: above 0 where it was resumed. */
  fromMs: z.number().nonnegative().catch(0),
};
const playedSchema = z.object({ ...playing, ended: z.enum(ENDINGS) });
const playingSchema = z.object({ ...playing, run: z.string() });
const stateSchema = z.object({ playing: playingSchema.nullable() });

/** One item on air; a line of `played.jsonl` once it has ended. */
export type PlayedItem = Readonly<z.infer<typeof playedSchema>>;

/** The item on air, as `stream_state.json` keeps it under `playing` for the next daemon; `end`: last seen on air. */
export type PlayingItem = Readonly<z.infer<typeof playingSchema>>;

/** One line, of whatever version; null = torn or foreign. */
export const parsePlayedLine = (text: string): PlayedItem | null =>
  playedSchema.safeParse(parseJson(text)).data ?? null;

/** What `stream_state.json` says is on air; null = nothing, or it does not tell. */
export const parsePlaying = (state: string | null): PlayingItem | null =>
  stateSchema.safeParse(parseJson(state ?? '')).data?.playing ?? null;
