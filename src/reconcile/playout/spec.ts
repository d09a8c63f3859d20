import type { DesiredSpec } from '../model/desired.ts';
import type { ItemFacts } from '../model/item.ts';
import type { Artwork, ItemPart, ItemSpec, SlateSpec, Treatment } from '../model/playout.ts';
import type { Cursor } from '../model/programme.ts';
import { clipId, soundsAsSlate } from './clip.ts';
import { decideCopy } from './copy-decision.ts';
import { houseFormat } from './house-format.ts';

/** The slate in the desired format. A slate with sound is encoded, because a clip has pictures alone. */
export function slateSpec(spec: DesiredSpec, { slate, clips }: Omit<Artwork, 'visual'>): SlateSpec {
  const format = houseFormat(spec);
  const clip = soundsAsSlate(slate) ? null : (clips.get(clipId(slate, format)) ?? null);
  return { kind: 'slate', format, source: slate, clip };
}

export interface RunBudget {
  /** How long a signed URL lives. */
  readonly urlTtlMs: number;
  /** The programme is this one item. */
  readonly sole: boolean;
}

/**
 * The playout for this place of the programme. A run of known length ends within half the life of its signed URL: the URL is
 * renewed at a planned join. A run of unknown length ends with its item. A sole short item is looped within one run, so that it
 * plays on for hours even while no daemon is there to queue the next.
 */
export function itemSpec(
  facts: ItemFacts,
  desired: DesiredSpec,
  cursor: Cursor,
  budget: RunBudget,
  artwork: Artwork,
): ItemSpec {
  const format = houseFormat(desired);
  const durationMs = facts.durationS === null ? null : Math.round(facts.durationS * 1000);
  const backdrop = facts.video === null ? (artwork.visual ?? artwork.slate) : null;
  const isSong = facts.video === null && desired.encode !== 'transcode';
  const clip = isSong ? (artwork.clips.get(clipId(backdrop, format)) ?? null) : null;
  const item = { kind: 'item' as const, facts, format, backdrop, clip };
  const { picture, sound } = clip === null ? decideCopy(facts, format, desired.encode) : OVER_CLIP;
  // Of a song over a clip only the sound is sought in, and that is encoded.
  const seeking = clip === null ? picture : 'transcode';
  const part = { cursor: { ...cursor, offsetMs: startOffsetMs(cursor, durationMs, facts, seeking) }, picture, sound };
  const longestMs = Math.min(budget.urlTtlMs / 2, LONGEST_RUN_MS);
  if (durationMs === null || durationMs <= 0) {
    return { ...item, part: { ...part, loops: 1, lengthMs: null, cut: false } };
  }
  const remainingMs = durationMs - part.cursor.offsetMs;
  if (remainingMs > longestMs) {
    return { ...item, part: { ...part, loops: 1, lengthMs: Math.round(longestMs), cut: true } };
  }
  const loops =
    budget.sole && part.cursor.offsetMs === 0 && isLoopable(facts, picture)
      ? Math.max(1, Math.floor(longestMs / durationMs))
      : 1;
  return { ...item, part: { ...part, loops, lengthMs: remainingMs * loops, cut: false } };
}

/** The sound of a song over a clip is always encoded: that costs little, and all songs begin and end alike. */
const OVER_CLIP: Pick<ItemPart, 'picture' | 'sound'> = { picture: 'copy', sound: 'transcode' };

/**
 * Whether FFmpeg can loop the item in one run without loss. It cannot go back to the beginning of an item without a picture
 * (5.1: "Operation not permitted"), and the sound's length is the length of a round, which cuts off a longer picture.
 */
function isLoopable(facts: ItemFacts, picture: Treatment): boolean {
  const { video, extents } = facts;
  if (video === null || video.still) return false;
  // Two inputs would each begin anew at their own end.
  if (liesApart(facts)) return false;
  if (picture === 'copy') return true;
  const { videoEndS = null, audioEndS = null, audioStartS = null } = extents ?? {};
  const isEven = videoEndS === null || audioEndS === null || Math.abs(videoEndS - audioEndS) <= UNEVEN_S;
  return isEven && (audioStartS ?? 0) <= UNEVEN_S && Math.abs(video.startTimeS) <= UNEVEN_S;
}

const UNEVEN_S = 0.1;

/**
 * Whether picture and sound are read by one connection each. A single connection would go back and forth between them, with 50
 * requests for every second of the item (measured with FFmpeg 5.1; two connections make six for all of it).
 */
export const liesApart = ({ apartS }: Pick<ItemFacts, 'apartS'>): boolean => apartS !== undefined;

/** The longest a single run may be. */
export const LONGEST_RUN_MS = 12 * 3_600_000;
/** An item with less than this left is not resumed, but begun anew. */
const SHORTEST_REST_MS = 1_000;

function startOffsetMs(cursor: Cursor, durationMs: number | null, facts: ItemFacts, picture: Treatment): number {
  // A place in an object that was replaced means nothing in the new one.
  if (cursor.version !== undefined && cursor.version !== facts.version) return 0;
  // FFmpeg cannot seek in a still picture, nor can the end of a copy of unknown length be told.
  if (durationMs === null && (picture === 'copy' || facts.video?.still === true)) return 0;
  if (durationMs !== null && cursor.offsetMs >= durationMs - SHORTEST_REST_MS) return 0;
  return Math.max(0, Math.round(cursor.offsetMs));
}
