import { FIRST_S } from './beyond.ts';
import type { AudioFacts, ItemFacts, ListedObject, VideoFacts } from '../../reconcile/model/item.ts';
import type { KeyFrameFacts } from './key-frames.ts';
import { toThousandths } from './numbers.ts';
import type { ProbeOutput, VideoStream } from './output.ts';
import type { PacketFacts } from './packets.ts';
import { pauseOf } from './pauses.ts';
import { hasTables } from '../../reconcile/playout/copy-decision.ts';

/** What was looked at besides container and streams; null = it was not, or could not be. */
export interface Looks {
  /** The first packets of the picture. */
  readonly pictures: PacketFacts | null;
  /** The first packets of the sound. */
  readonly sounds: PacketFacts | null;
  /** The rest of the picture, beyond its first seconds. */
  readonly beyond: readonly KeyFrameFacts[];
}

/** All that the looks found, as the facts of the object. */
export function inspectedFacts(listed: ListedObject, output: ProbeOutput, looks: Looks): ItemFacts {
  const packets = decidesByPackets(output) ? looks.pictures : null;
  const facts = { ...itemFacts(listed, output, packets), ...layoutOf(listed, output, looks) };
  const whole = withKeyFrames(facts, looks.beyond, packets?.isDamaged === true);
  const flowing = withSoundDamage(withPauses(whole, output, looks), looks.sounds);
  return withSoundStart(flowing, looks.sounds, output);
}

/** Whether facts depend on the picture's packets: only H.264 may be copied, and a GIF moves if it has a second packet. */
export const decidesByPackets = ({ formatName, video }: ProbeOutput): boolean =>
  video !== null && (video.codec === 'h264' || formatName === 'gif');

/** The facts by ffprobe's word on container and streams, and by the packets of the picture; without these the key frames stay unknown. */
export function itemFacts(listed: ListedObject, output: ProbeOutput, packets: PacketFacts | null): ItemFacts {
  const { formatName, video } = output;
  const still = video !== null && isStill(formatName, video, packets);
  const isEndless = still && output.audio === null;
  return {
    key: listed.key,
    version: listed.version,
    sizeBytes: listed.sizeBytes,
    durationS: isEndless || output.durationS === null || output.durationS <= 0 ? null : output.durationS,
    formatName,
    video: video === null ? null : videoFacts(video, output, packets, still),
    audio: output.audio === null ? null : audioFacts(output.audio),
    ...(output.extents === null ? {} : { extents: output.extents }),
    ...(output.title === null ? {} : { title: output.title }),
    ...(output.artist === null ? {} : { artist: output.artist }),
  };
}

const audioFacts = ({ index: _index, ...audio }: NonNullable<ProbeOutput['audio']>): AudioFacts => audio;

function videoFacts(
  { index: _index, startS, frameCount: _frameCount, ...video }: VideoStream,
  output: ProbeOutput,
  packets: PacketFacts | null,
  still: boolean,
): VideoFacts {
  // FFmpeg moves the file's start to zero (MPEG-TS begins at 1.4 s), so the distance from that start counts.
  const beginS = packets?.cutStartS ?? startS ?? 0;
  return {
    ...video,
    still,
    startTimeS: toThousandths(beginS - (output.startTimeS ?? 0)),
    maxKeyframeGapS: packets?.maxKeyframeGapS ?? null,
    ...pauseOf(packets?.longestStepS ?? 0),
  };
}

function isStill(formatName: string, { frameCount }: VideoStream, packets: PacketFacts | null): boolean {
  if (formatName.endsWith('_pipe')) return true;
  return formatName === 'gif' ? packets?.count === 1 : frameCount === 1;
}

/** With what was found beyond the first seconds. */
function withKeyFrames(facts: ItemFacts, beyond: readonly KeyFrameFacts[], isDamaged: boolean): ItemFacts {
  const { video } = facts;
  if (video === null || video.maxKeyframeGapS === null) return facts;
  const change = isDamaged ? 'damage' : (beyond.find((piece) => piece.change !== null)?.change ?? null);
  const maxKeyframeGapS = Math.max(video.maxKeyframeGapS, ...beyond.map(({ maxGapS }) => maxGapS ?? 0));
  return { ...facts, video: { ...video, maxKeyframeGapS, ...(change === null ? {} : { change }) } };
}

/** With the longest pauses: only a stream without pauses is copied. */
function withPauses(facts: ItemFacts, output: ProbeOutput, { pictures, sounds, beyond }: Looks): ItemFacts {
  const { videoEndS, audioEndS } = output.extents ?? { videoEndS: output.durationS, audioEndS: null };
  const soundS = Math.max(
    sounds?.longestStepS ?? 0,
    missingS(output, sounds, audioEndS),
    ...beyond.map(({ soundStepS }) => soundStepS),
  );
  const pictureS = Math.max(
    facts.video?.longestPauseS ?? 0,
    missingS(output, pictures, videoEndS),
    ...beyond.map(({ pictureStepS }) => pictureStepS ?? 0),
  );
  return {
    ...facts,
    video: facts.video === null ? null : { ...facts.video, ...pauseOf(pictureS) },
    audio: facts.audio === null ? null : { ...facts.audio, ...pauseOf(soundS) },
  };
}

/** With what its first packets show of the sound: only one that can be decoded is copied. */
const withSoundDamage = (facts: ItemFacts, sounds: PacketFacts | null): ItemFacts =>
  facts.audio === null || sounds?.isDamaged !== true ? facts : { ...facts, audio: { ...facts.audio, isDamaged: true } };

/**
 * How long before the end of the first seconds the packets ended, though by its tables the stream goes on to `endS`; 0 where
 * no tables say so, or not all of these packets were looked at.
 */
function missingS(output: ProbeOutput, seen: PacketFacts | null, endS: number | null): number {
  if (!hasTables(output) || output.video?.codec !== 'h264' || seen === null || endS === null) return 0;
  const startS = output.startTimeS ?? 0;
  const { firstS, lastS } = seen;
  return toThousandths(Math.min(startS + endS, (firstS ?? startS) + FIRST_S) - (lastS ?? startS));
}

/** With the begin of a sound that an edit list cuts off: FFmpeg still reads a second before the cut, or the packet that it falls into. */
function withSoundStart(facts: ItemFacts, sounds: PacketFacts | null, { startTimeS }: ProbeOutput): ItemFacts {
  const firstS = sounds?.firstS ?? null;
  if (facts.audio === null || firstS === null) return facts;
  const cutS = (startTimeS ?? 0) - firstS;
  if (cutS < SOUND_CUT_FROM_S) return facts;
  return { ...facts, audio: { ...facts.audio, startTimeS: -toThousandths(cutS) } };
}

/** Every encoder's file begins with up to 50 ms that are cut off, so that is no cut to speak of. */
const SOUND_CUT_FROM_S = 0.1;

/** How far picture and sound lie apart: an MP4 may hold all of one before the other, or minutes of each in turn. */
function layoutOf(
  { sizeBytes }: ListedObject,
  { durationS }: ProbeOutput,
  { pictures, sounds }: Looks,
): Pick<ItemFacts, 'apartS'> {
  const [picture, sound] = [pictures?.firstAtBytes ?? null, sounds?.firstAtBytes ?? null];
  if (picture === null || sound === null || durationS === null || sizeBytes === 0) return {};
  const apartBytes = Math.abs(picture - sound);
  const apartS = Math.round((apartBytes / sizeBytes) * durationS);
  return apartBytes >= APART_FROM_BYTES && apartS >= APART_FROM_S ? { apartS } : {};
}

/** Within less FFmpeg reads on instead of asking anew: its connection holds as much, and it keeps the streams within a second. */
const APART_FROM_BYTES = 1024 * 1024;
const APART_FROM_S = 3;
