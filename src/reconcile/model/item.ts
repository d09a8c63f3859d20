/** What inspecting one object of the store found, as far as playing it needs. */
export interface ItemFacts {
  readonly key: string;
  /** Changes whenever the object's bytes do (ETag, or size and mtime for local files). */
  readonly version: string;
  readonly sizeBytes: number;
  /** Seconds; null when the container has no length (pipes, some MPEG-TS) or FFmpeg could only guess it from the bitrate. */
  readonly durationS: number | null;
  readonly formatName: string;
  readonly video: VideoFacts | null;
  readonly audio: AudioFacts | null;
  /** Where picture and sound begin and end; absent unless the item has both. */
  readonly extents?: StreamExtents | undefined;
  /** Distance in the file between the first picture and the first sound, in seconds at its mean rate; absent where they lie together or were not looked at. */
  readonly apartS?: number | undefined;
  /** How its packets on air differed from what the inspection found, so that it is encoded now; absent = they did not. */
  readonly contradicted?: string | undefined;
  /** The tag of that name, on one line of at most 200 characters; absent = not tagged. */
  readonly title?: string | undefined;
  readonly artist?: string | undefined;
}

/** Seconds from the beginning of the file; null where the container does not say. */
export interface StreamExtents {
  readonly videoEndS: number | null;
  readonly audioStartS: number | null;
  readonly audioEndS: number | null;
}

export interface VideoFacts {
  /** Number of the video stream among those that are no cover pictures, from 0; absent = the first. */
  readonly track?: number | undefined;
  readonly codec: string;
  readonly profile: string;
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
  /** Sample aspect ratio as a number; 1 = square. */
  readonly sampleAspect: number;
  /** avg_frame_rate; 0 when unknown. */
  readonly fps: number;
  /** r_frame_rate differs from avg_frame_rate. */
  readonly variableFrameRate: boolean;
  readonly progressive: boolean;
  /** kbit/s; null when the container does not say. */
  readonly bitrateKbps: number | null;
  /** Longest stretch without a key frame in the parts that were inspected, their ends included, seconds; null = no key frame was seen. */
  readonly maxKeyframeGapS: number | null;
  /** A single still picture (PNG, JPEG, or a GIF of one frame). */
  readonly still: boolean;
  /** Degrees clockwise from the display matrix. */
  readonly rotation: number;
  readonly hasBFrames: number;
  /** First presentation time, seconds; anything but 0 comes from an edit list or a cut. */
  readonly startTimeS: number;
  /** What a copy cannot carry: a change within the picture, or damage; absent = none was seen. */
  readonly change?: 'size' | 'times' | 'damage' | 'parameters' | undefined;
  /** Longest time without a new picture in the parts that were inspected, seconds; absent = under 0.12 s. */
  readonly longestPauseS?: number | undefined;
  /** Absent where nothing is tagged. */
  readonly colours?: ColourTags | undefined;
}

/** The colour tags of a picture, by FFmpeg's names (`bt709`, `smpte170m`, …); null = not tagged. */
export interface ColourTags {
  /** `tv` is limited, `pc` full. */
  readonly range: string | null;
  readonly matrix: string | null;
  readonly transfer: string | null;
  readonly primaries: string | null;
}

export interface AudioFacts {
  /** Number of the sound track, from 0; absent = the first. */
  readonly track?: number | undefined;
  readonly codec: string;
  readonly profile: string;
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Time of its first packet, seconds (negative), where an edit list cuts it off; absent where the sound begins with the file or later. */
  readonly startTimeS?: number | undefined;
  /** Longest time without sound in the parts that were inspected, seconds; absent = under 0.12 s. */
  readonly longestPauseS?: number | undefined;
  /** Some of what was inspected cannot be decoded; absent = all can, or it was not tried. */
  readonly isDamaged?: boolean | undefined;
}

/** The copy of an object on this machine. */
export interface LocalCopy {
  readonly facts: ItemFacts;
  readonly path: string;
}

/** Bytes of an object to be read as a test of the store, which may answer HEAD requests and still fail to send the object. */
export interface ByteSample {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** From the first byte on; a store that sends slower is too slow to play the item. */
  readonly minBytesPerS: number;
}

export type ListedObject = Pick<ItemFacts, 'key' | 'version' | 'sizeBytes'>;
