import type { Encode } from '../model/desired.ts';
import type { AudioFacts, ItemFacts, VideoFacts } from '../model/item.ts';
import type { HouseFormat, Treatment } from '../model/playout.ts';
import { colourFaults } from './colours.ts';
import { HOUSE_AUDIO, HOUSE_REORDER_FRAMES, MAX_KEYFRAME_GAP_S } from './house-format.ts';

/** Which streams of an item are copied. */
export interface CopyDecision {
  /** `copy` = both streams. */
  readonly mode: Treatment;
  readonly picture: Treatment;
  readonly sound: Treatment;
  /** Why not both streams are copied; with `encode: copy`, what is wrong with them. Empty = nothing. */
  readonly reasons: readonly string[];
}

/** Both in one word: `copy` when neither is encoded. */
export const modeOf = ({ picture, sound }: Pick<CopyDecision, 'picture' | 'sound'>): Treatment =>
  picture === 'copy' && sound === 'copy' ? 'copy' : 'transcode';

const FRIENDLY_FORMATS = new Set(['mov', 'mp4', 'matroska', 'mpegts', 'flv']);
const FRIENDLY_PROFILES = new Set(['Constrained Baseline', 'Baseline', 'Main', 'Constrained High', 'High']);
/** The share by which equal frame rates may differ: containers round them. */
export const FPS_TOLERANCE = 0.001;
const BITRATE_TOLERANCE = 0.05;
const START_TOLERANCE_S = 0.1;
/** A sound that begins or ends apart from the picture by less is copied: encoding it would take 4 % of a core. */
const SOUND_TOLERANCE_S = 0.15;
/** A longer pause in either stream is a fault. */
const LONGEST_PAUSE_S = 0.3;
/** The same for a picture, whose encode takes ten times as much as the sound's. */
const PICTURE_TOLERANCE_S = 0.5;

/**
 * Decides for picture and sound apart. A stream is copied if it joins seamlessly with house-format items and suits the ingest;
 * what is not known counts against it. `encode: copy` overrides everything but what TS and FLV cannot carry.
 */
export function decideCopy(facts: ItemFacts, format: HouseFormat, encode: Encode): CopyDecision {
  if (encode === 'transcode') return decided(false, false, ['desired.yaml says encode: transcode']);
  const picture = pictureObstacles(facts);
  const sound = soundObstacles(facts);
  const pictureReasons = [...picture, ...pictureFaults(facts, format)];
  const soundReasons = [...sound, ...soundFaults(facts)];
  const reasons = [...pictureReasons, ...soundReasons];
  if (encode === 'copy') return decided(picture.length === 0, sound.length === 0, reasons);
  if (soundReasons.length > 0 && !hasTables(facts)) return decided(false, false, reasons);
  return decided(pictureReasons.length === 0, soundReasons.length === 0, reasons);
}

/**
 * Whether the container has tables that prove how long the picture is: MP4 and MOV alone. A Matroska file of one picture and
 * 6 s of sound claims 6 s of both, and the next item came 7 s early when that picture was copied beside an encoded sound.
 */
export const hasTables = ({ formatName }: Pick<ItemFacts, 'formatName'>): boolean =>
  formatName.split(',').includes('mp4');

/** Beside an encoded picture the sound is encoded too: only so they end together, and it costs little then. */
function decided(pictureFits: boolean, soundFits: boolean, reasons: readonly string[]): CopyDecision {
  const picture = pictureFits ? 'copy' : 'transcode';
  const sound = pictureFits && soundFits ? 'copy' : 'transcode';
  return { mode: modeOf({ picture, sound }), picture, sound, reasons };
}

/** Why the picture cannot be copied even with `encode: copy`. Its parameters may differ: each item sends its own. */
function pictureObstacles({ video }: ItemFacts): string[] {
  if (video === null) return ['no video'];
  if (video.still) return ['a still picture'];
  return video.codec === 'h264' ? [] : [`video codec ${video.codec}, wished h264`];
}

/**
 * The same for the sound. Its parameters reach the ingest once per session: an item with others would be decoded by the
 * wrong ones (measured: another pitch, or errors and silence).
 */
function soundObstacles({ audio }: ItemFacts): string[] {
  if (audio === null) return ['no audio'];
  return audio.codec === HOUSE_AUDIO.codec
    ? audioFaults(audio)
    : [`audio codec ${audio.codec}, wished ${HOUSE_AUDIO.codec}`];
}

function pictureFaults(facts: ItemFacts, format: HouseFormat): string[] {
  const { video, formatName } = facts;
  const isFriendly = formatName.split(',').some((name) => FRIENDLY_FORMATS.has(name));
  const earlyS = pictureEndsEarlyS(facts);
  return [
    ...(isFriendly ? [] : [`container ${formatName}, wished mp4, mov, mkv, ts or flv`]),
    ...(video === null || video.codec !== 'h264' || video.still ? [] : videoFaults(video, format, facts)),
    ...(endsAreTold(facts) ? [] : ['where picture and sound end is not told']),
    ...(earlyS > PICTURE_TOLERANCE_S ? [`picture ends ${round(earlyS)} s before the sound`] : []),
  ];
}

/** Containers written in one go, such as FLV and live Matroska, do not say where their streams end. */
function endsAreTold({ video, extents }: ItemFacts): boolean {
  if (video === null || video.still || extents === undefined) return true;
  return extents.videoEndS !== null && extents.audioEndS !== null;
}

/** By how much the picture ends before the sound, seconds; negative where the sound ends first, 0 where not known. */
function pictureEndsEarlyS({ extents, video }: ItemFacts): number {
  const { videoEndS = null, audioEndS = null } = extents ?? {};
  return videoEndS === null || audioEndS === null || video?.still === true ? 0 : audioEndS - videoEndS;
}

/** A copy cannot fill gaps in the sound: in a gap the uplink holds up to ten seconds of picture back, and what follows is out of step. */
function soundFaults(facts: ItemFacts): string[] {
  const { video, extents } = facts;
  if (video === null || video.still || extents === undefined) return [];
  const { audioStartS } = extents;
  const cutS = -(facts.audio?.startTimeS ?? 0);
  const earlyS = pictureEndsEarlyS(facts);
  const lateS = audioStartS ?? 0;
  const pauseS = facts.audio?.longestPauseS ?? 0;
  return [
    ...(cutS > SOUND_TOLERANCE_S ? [`sound begins ${round(cutS)} s before the file does (an edit list)`] : []),
    ...(lateS > SOUND_TOLERANCE_S ? [`sound begins ${round(lateS)} s after the picture`] : []),
    ...(-earlyS > SOUND_TOLERANCE_S ? [`sound ends ${round(-earlyS)} s before the picture`] : []),
    ...(earlyS > SOUND_TOLERANCE_S && earlyS <= PICTURE_TOLERANCE_S
      ? [`sound goes on for ${round(earlyS)} s after the picture`]
      : []),
    ...(pauseS > LONGEST_PAUSE_S ? [`sound pauses for ${round(pauseS)} s`] : []),
    ...(facts.audio?.isDamaged === true ? ['sound is damaged'] : []),
  ];
}

function videoFaults(video: VideoFacts, format: HouseFormat, facts: ItemFacts): string[] {
  const found: string[] = [];
  if (video.pixelFormat !== 'yuv420p') found.push(`pixel format ${video.pixelFormat}, wished yuv420p`);
  if (!FRIENDLY_PROFILES.has(video.profile)) found.push(`profile ${video.profile || 'unknown'}, wished High or below`);
  found.push(...colourFaults(video));
  if (!video.progressive) found.push('interlaced or unknown field order, wished progressive');
  if (Math.abs(video.sampleAspect - 1) > 1e-6) found.push(`pixel aspect ${round(video.sampleAspect)}, wished square`);
  if (video.rotation !== 0) found.push(`rotated by ${video.rotation} degrees`);
  if (video.width !== format.width || video.height !== format.height) {
    found.push(`size ${video.width}x${video.height}, wished ${format.width}x${format.height}`);
  }
  if (Math.abs(video.fps - format.fps) > format.fps * FPS_TOLERANCE) {
    found.push(`frame rate ${video.fps === 0 ? 'unknown' : round(video.fps)}, wished ${round(format.fps)}`);
  }
  if (video.variableFrameRate) found.push('variable frame rate');
  if (video.hasBFrames > HOUSE_REORDER_FRAMES) {
    found.push(`pictures reordered over ${video.hasBFrames} frames, wished at most ${HOUSE_REORDER_FRAMES}`);
  }
  if (Math.abs(video.startTimeS) > START_TOLERANCE_S) {
    found.push(`video starts at ${round(video.startTimeS)} s, wished 0 (an edit list or a cut)`);
  }
  if (video.change === 'size') found.push('its size changes within it');
  if (video.change === 'times') found.push('its time stamps jump back');
  if (video.change === 'damage') found.push('it is damaged');
  if (video.change === 'parameters') found.push('its parameter sets change within it');
  const pauseS = video.longestPauseS ?? 0;
  if (pauseS > LONGEST_PAUSE_S) found.push(`pictures up to ${round(pauseS)} s apart`);
  const gap = keyframeFault(video.maxKeyframeGapS);
  if (gap !== null) found.push(gap);
  const bitrate = bitrateFault(video.bitrateKbps ?? meanBitrateKbps(facts), format.videoBitrateKbps);
  if (bitrate !== null) found.push(bitrate);
  return found;
}

function keyframeFault(gapS: number | null): string | null {
  if (gapS === null) return `key frame distance unknown, wished at most ${MAX_KEYFRAME_GAP_S} s`;
  return gapS > MAX_KEYFRAME_GAP_S
    ? `key frames up to ${round(gapS)} s apart, wished at most ${MAX_KEYFRAME_GAP_S} s`
    : null;
}

function bitrateFault(kbps: number | null, desiredKbps: number): string | null {
  if (kbps === null) return `video bitrate unknown, wished at most ${desiredKbps} kbit/s`;
  return kbps > desiredKbps * (1 + BITRATE_TOLERANCE)
    ? `video bitrate ${Math.round(kbps)} kbit/s, wished at most ${desiredKbps} kbit/s`
    : null;
}

/** The mean of the whole file, sound included: an upper bound of the video's bitrate. */
function meanBitrateKbps({ sizeBytes, durationS }: ItemFacts): number | null {
  return durationS === null || durationS <= 0 ? null : (sizeBytes * 8) / 1000 / durationS;
}

function audioFaults(audio: AudioFacts): string[] {
  const found: string[] = [];
  if (audio.profile !== HOUSE_AUDIO.profile) {
    found.push(`audio profile ${audio.profile || 'unknown'}, wished ${HOUSE_AUDIO.profile}`);
  }
  if (audio.sampleRateHz !== HOUSE_AUDIO.sampleRateHz) {
    found.push(`audio at ${audio.sampleRateHz} Hz, wished ${HOUSE_AUDIO.sampleRateHz} Hz`);
  }
  if (audio.channels !== HOUSE_AUDIO.channels) {
    found.push(`${audio.channels} audio channels, wished ${HOUSE_AUDIO.channels}`);
  }
  return found;
}

/** To three places, without trailing zeros. */
export function round(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
