import type { DesiredSpec } from '../model/desired.ts';
import type { HouseFormat } from '../model/playout.ts';
import type { Frame } from '../model/run.ts';

export const frameOf = (format: HouseFormat): Frame => `${format.width}x${format.height}@${format.fps}`;

export const houseFormat = (spec: DesiredSpec): HouseFormat => ({
  width: spec.resolution.width,
  height: spec.resolution.height,
  fps: spec.fps,
  videoBitrateKbps: spec.bitrateKbps,
});

/** House audio, per YouTube's recommendation for stereo (support.google.com/youtube/answer/2853702). */
export const HOUSE_AUDIO = {
  codec: 'aac',
  profile: 'LC',
  bitrateKbps: 128,
  sampleRateHz: 44_100,
  channels: 2,
} as const;

/** YouTube asks for a key frame every 2 s and tolerates 4 s (answer/2853702). */
export const HOUSE_GOP_S = 2;
/** By how many frames pictures are reordered at most: 2 B-frames, one of them a reference (measured: `has_b_frames`). */
export const HOUSE_REORDER_FRAMES = 2;
export const MAX_KEYFRAME_GAP_S = 4;
