/** What the operator wishes: `desired.yaml` after parsing. */
export interface DesiredSpec {
  readonly running: boolean;
  readonly media: MediaSource;
  readonly bitrateKbps: number;
  readonly resolution: Resolution;
  readonly fps: number;
  readonly encode: Encode;
  readonly order: Order;
  /** Key of an image or clip shown while no media can be had; null = the built-in picture. */
  readonly slate: string | null;
  /** Key of an image or looping clip shown under audio-only items; null = the slate's picture. */
  readonly visual: string | null;
  /** Cron expression at which the broadcast is ended and a new one begun. */
  readonly recycle: string | null;
  readonly recyclePauseMs: number;
  /** IANA name, for `recycle`. */
  readonly timezone: string;
}

export type MediaSource =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'list'; readonly keys: readonly string[] }
  | { readonly kind: 'prefix'; readonly prefix: string };

export interface Resolution {
  readonly width: number;
  readonly height: number;
}

export type Encode = 'auto' | 'copy' | 'transcode';
export type Order = 'listed' | 'shuffled';

/** The file as it was last seen. `hash`: first 12 hex digits of SHA-256 of its bytes, as `sha256sum` prints them. */
export type DesiredFile =
  | { readonly kind: 'ok'; readonly hash: string; readonly spec: DesiredSpec }
  | { readonly kind: 'invalid'; readonly hash: string | null; readonly problems: readonly SpecProblem[] }
  | { readonly kind: 'missing'; readonly message: string };

/** One thing wrong with the file; `line` and `column` count from 1. */
export interface SpecProblem {
  readonly line: number;
  readonly column: number;
  /** What was found, what is accepted, and the nearest known name where there is one. */
  readonly message: string;
}

/** The format every item is brought into, so that joins are seamless. */
export interface HouseFormat {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly videoBitrateKbps: number;
}

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
/** Frames by which a picture may be sent before it is shown: 2 B-frames, one of them a reference (measured: `has_b_frames`). */
export const HOUSE_REORDER_FRAMES = 2;
export const MAX_KEYFRAME_GAP_S = 4;
