import type { Encode } from '../model/desired.ts';
import type { AudioFacts, ItemFacts, VideoFacts } from '../model/item.ts';
import type { HouseFormat } from '../model/playout.ts';
import { HOUSE_AUDIO, HOUSE_REORDER_FRAMES, MAX_KEYFRAME_GAP_S } from './house-format.ts';

/** Whether an item can go on air without encoding. */
export interface CopyDecision {
  readonly mode: 'copy' | 'transcode';
  /** Why it is transcoded; for a forced copy, what is off about it. Empty when nothing is. */
  readonly reasons: readonly string[];
}

const FRIENDLY_FORMATS = new Set(['mov', 'mp4', 'matroska', 'mpegts', 'flv']);
const FRIENDLY_PROFILES = new Set(['Constrained Baseline', 'Baseline', 'Main', 'Constrained High', 'High']);
/** The share by which frame rates may differ and be the same: containers round them. */
export const FPS_TOLERANCE = 0.001;
const BITRATE_TOLERANCE = 0.05;
const START_TOLERANCE_S = 0.1;
/** Hours of encoding for less than this would be a bad bargain. */
const EXTENT_TOLERANCE_S = 0.5;

/**
 * Copies only what joins seamlessly with house-format items and suits the ingest; whatever is not known counts against
 * it. `encode: copy` is the operator's word and overrides all but what TS and FLV cannot carry.
 */
export function decideCopy(facts: ItemFacts, format: HouseFormat, encode: Encode): CopyDecision {
  if (encode === 'transcode') return { mode: 'transcode', reasons: ['desired.yaml says encode: transcode'] };
  const obstacles = muxObstacles(facts);
  const reasons = [...obstacles, ...faults(facts, format)];
  if (encode === 'copy') return { mode: obstacles.length === 0 ? 'copy' : 'transcode', reasons };
  return { mode: reasons.length === 0 ? 'copy' : 'transcode', reasons };
}

/**
 * What makes a copy impossible, whatever the operator wishes. The sound's parameters are told to the ingest once per
 * session: an item with others would be decoded by the wrong ones (measured: another pitch, or errors and silence).
 * Those of the picture are told anew at every join.
 */
function muxObstacles({ video, audio }: ItemFacts): string[] {
  const obstacles: string[] = [];
  if (video === null) obstacles.push('no video');
  else if (video.still) obstacles.push('a still picture');
  else if (video.codec !== 'h264') obstacles.push(`video codec ${video.codec}, wished h264`);
  if (audio === null) obstacles.push('no audio');
  else if (audio.codec !== HOUSE_AUDIO.codec) obstacles.push(`audio codec ${audio.codec}, wished ${HOUSE_AUDIO.codec}`);
  else obstacles.push(...audioFaults(audio));
  return obstacles;
}

function faults(facts: ItemFacts, format: HouseFormat): string[] {
  const { video } = facts;
  return [
    ...(facts.formatName.split(',').some((name) => FRIENDLY_FORMATS.has(name))
      ? []
      : [`container ${facts.formatName}, wished mp4, mov, mkv, ts or flv`]),
    ...(video === null || video.codec !== 'h264' || video.still ? [] : videoFaults(video, format, facts)),
    ...extentFaults(facts),
  ];
}

function videoFaults(video: VideoFacts, format: HouseFormat, facts: ItemFacts): string[] {
  const found: string[] = [];
  if (video.pixelFormat !== 'yuv420p') found.push(`pixel format ${video.pixelFormat}, wished yuv420p`);
  if (!FRIENDLY_PROFILES.has(video.profile)) found.push(`profile ${video.profile || 'unknown'}, wished High or below`);
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
  const gap = keyframeFault(video.maxKeyframeGapS);
  if (gap !== null) found.push(gap);
  const bitrate = bitrateFault(video.bitrateKbps ?? meanBitrateKbps(facts), format.videoBitrateKbps);
  if (bitrate !== null) found.push(bitrate);
  return found;
}

/**
 * A copy cannot fill in what is missing of the sound or the picture. While one of them is missing the uplink holds the
 * other back, up to ten seconds of it.
 */
function extentFaults({ video, extents }: ItemFacts): string[] {
  if (video === null || video.still || extents === undefined) return [];
  const { videoEndS, audioStartS, audioEndS } = extents;
  const lateS = audioStartS ?? 0;
  const longerS = videoEndS === null || audioEndS === null ? 0 : videoEndS - audioEndS;
  return [
    ...(lateS > EXTENT_TOLERANCE_S ? [`sound begins ${round(lateS)} s after the picture`] : []),
    ...(longerS > EXTENT_TOLERANCE_S ? [`sound ends ${round(longerS)} s before the picture`] : []),
    ...(-longerS > EXTENT_TOLERANCE_S ? [`picture ends ${round(-longerS)} s before the sound`] : []),
  ];
}

function keyframeFault(gapS: number | null): string | null {
  if (gapS === null) return `key frame distance unknown, wished at most ${MAX_KEYFRAME_GAP_S} s`;
  return gapS > MAX_KEYFRAME_GAP_S
    ? `key frames up to ${round(gapS)} s apart, wished at most ${MAX_KEYFRAME_GAP_S} s`
    : null;
}

function bitrateFault(kbps: number | null, wishedKbps: number): string | null {
  if (kbps === null) return `video bitrate unknown, wished at most ${wishedKbps} kbit/s`;
  return kbps > wishedKbps * (1 + BITRATE_TOLERANCE)
    ? `video bitrate ${Math.round(kbps)} kbit/s, wished at most ${wishedKbps} kbit/s`
    : null;
}

/** Of the whole file, audio included: an upper bound of the video's. */
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
