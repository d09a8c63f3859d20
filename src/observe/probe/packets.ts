import { z } from 'zod';
import { numeric, text } from './numbers.ts';
import { isAboutEncryption } from './output.ts';
import { longestStepS } from './pauses.ts';

/** What the packets of the first seconds of one stream show. */
export interface PacketFacts {
  readonly count: number;
  /** Where in the file the first packet lies; null = ffprobe does not say. */
  readonly firstAtBytes: number | null;
  /** Time of the first packet, seconds; null = it has none. */
  readonly firstS: number | null;
  /** Time of the packet that is shown or heard last, seconds; null = none has a time. */
  readonly lastS: number | null;
  /** Longest stretch without a key frame, seconds; null = there was none. */
  readonly maxKeyframeGapS: number | null;
  /** One of the packets is encrypted. */
  readonly isEncrypted: boolean;
  /**
   * Where the pictures begin, seconds, if an edit list cuts the first ones off, or they lack a key frame to be decoded; null =
   * with the first packet.
   */
  readonly cutStartS: number | null;
  /** FFmpeg complained of what it read. */
  readonly isDamaged: boolean;
  /** The longest time from one packet to the next, seconds; 0 when there are none. */
  readonly longestStepS: number;
}

const packetsSchema = z.object({
  packets: z.array(
    z.object({
      pts_time: numeric,
      pos: numeric,
      flags: text,
      side_data_list: z.array(z.object({ side_data_type: text })).catch([]),
    }),
  ),
});

/** Reads ffprobe's JSON on the packets of one stream; null when it is of another shape. */
export function packetFacts(json: unknown, isDamaged = false): PacketFacts | null {
  const parsed = packetsSchema.safeParse(json);
  if (!parsed.success) return null;
  const timed = parsed.data.packets.flatMap(({ pts_time: ptsS, flags }) => (ptsS === null ? [] : [{ ptsS, flags }]));
  const timesS = timed.map(({ ptsS }) => ptsS).toSorted((a, b) => a - b);
  const keysS = timed.filter(({ flags }) => flags.includes('K')).map(({ ptsS }) => ptsS);
  const lateKey = timed[0]?.flags.includes('K') === false;
  const cutsS = timed.filter(({ flags }) => flags.includes('D')).map(({ ptsS }) => ptsS);
  return {
    count: parsed.data.packets.length,
    firstAtBytes: parsed.data.packets[0]?.pos ?? null,
    firstS: timed[0]?.ptsS ?? null,
    lastS: timesS.at(-1) ?? null,
    isEncrypted: parsed.data.packets.some(({ side_data_list: notes }) => notes.some(isAboutEncryption)),
    // From the first packet to the first key frame, and from the last key frame to the last packet, count as well.
    maxKeyframeGapS: keysS.length === 0 ? null : longestStepS([...timesS.slice(0, 1), ...keysS, ...timesS.slice(-1)]),
    cutStartS: cutsS.length > 0 ? Math.min(...cutsS) : lateKey ? (keysS[0] ?? null) : null,
    isDamaged,
    longestStepS: longestStepS(timesS),
  };
}
