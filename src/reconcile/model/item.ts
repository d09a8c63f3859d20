/** What is known about one object of the store, as far as playing it is concerned. */
export interface ItemFacts {
  readonly key: string;
  /** Changes whenever the object's bytes do (ETag, or size and mtime for local files). */
  readonly version: string;
  readonly sizeBytes: number;
  /** Seconds; null when the container does not tell (pipes, some MPEG-TS) or FFmpeg could only guess from the bitrate. */
  readonly durationS: number | null;
  readonly formatName: string;
  readonly video: VideoFacts | null;
  readonly audio: AudioFacts | null;
  /** Where picture and sound begin and end; absent where there are not both of them. */
  readonly extents?: StreamExtents | undefined;
  /** Seconds of the file, by its mean rate, between where its first picture and its first sound lie; absent where they lie together, or nobody looked. */
  readonly apartS?: number | undefined;
  /** What it sent on air other than it was taken to be, and is encoded for; absent where nothing is known of that. */
  readonly contradicted?: string | undefined;
  /** As it is tagged, on one line of at most 200 characters; absent where it is not. */
  readonly title?: string | undefined;
  readonly artist?: string | undefined;
}

/** Seconds from the beginning of the file; null where the container does not tell. */
export interface StreamExtents {
  readonly videoEndS: number | null;
  readonly audioStartS: number | null;
  readonly audioEndS: number | null;
}

export interface VideoFacts {
  /** Which of the pictures that are no covers, from 0; absent = the first. */
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
  /** kbit/s; null when the container does not tell. */
  readonly bitrateKbps: number | null;
  /** Longest way without a key frame seen where it was looked at, its ends included, seconds; null when none was seen. */
  readonly maxKeyframeGapS: number | null;
  /** A single still picture (PNG, JPEG, or a GIF of one frame). */
  readonly still: boolean;
  /** Degrees clockwise from the display matrix. */
  readonly rotation: number;
  readonly hasBFrames: number;
  /** First presentation time in seconds; not 0 means an edit list or a cut. */
  readonly startTimeS: number;
  /** Something that a copy cannot carry was seen to change within the picture, or to be damaged; absent where nothing was. */
  readonly change?: 'size' | 'times' | 'damage' | 'parameters' | undefined;
  /** Seconds without a new picture, the longest seen where it was looked at; absent where it is none to speak of. */
  readonly longestPauseS?: number | undefined;
  /** Absent where nothing is tagged. */
  readonly colours?: ColourTags | undefined;
}

/** How a picture's numbers are to be taken, by FFmpeg's names (`bt709`, `smpte170m`, …); null = it is not tagged. */
export interface ColourTags {
  /** `tv` is limited, `pc` full. */
  readonly range: string | null;
  readonly matrix: string | null;
  readonly transfer: string | null;
  readonly primaries: string | null;
}

export interface AudioFacts {
  /** Which of the sound tracks, from 0; absent = the first. */
  readonly track?: number | undefined;
  readonly codec: string;
  readonly profile: string;
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Where its first packet is, seconds, if an edit list leaves it out; absent where it begins with the file, or later. */
  readonly startTimeS?: number | undefined;
  /** Seconds without sound, the longest seen where it was looked at; absent where it is none to speak of. */
  readonly longestPauseS?: number | undefined;
}

/** An object that is also on this machine. */
export interface LocalCopy {
  readonly facts: ItemFacts;
  readonly path: string;
}

/** Bytes of an object to be read as a test of the store: how it describes an object says nothing of how it gives it. */
export interface ByteSample {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** Slower than this, from the first byte on, is too slow to be played. */
  readonly minBytesPerS: number;
}

export interface ListedObject {
  readonly key: string;
  readonly version: string;
  readonly sizeBytes: number;
}
