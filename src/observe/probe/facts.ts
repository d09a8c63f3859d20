import { z } from 'zod';
import type {
  AudioFacts,
  ColourTags,
  ItemFacts,
  ListedObject,
  StreamExtents,
  VideoFacts,
} from '../../reconcile/model/item.ts';
import { FPS_TOLERANCE } from '../../reconcile/playout/copy-decision.ts';
import { oneLine } from '../../text/complaint.ts';
import { longestStepS, pauseOf } from './pauses.ts';
import { isAboutEncryption, isEncrypted, meantToBeHeard, meantToBeSeen } from './tracks.ts';

/** What ffprobe said about container and streams, with everything that may be missing as null. */
export interface ProbeOutput {
  readonly formatName: string;
  readonly durationS: number | null;
  readonly startTimeS: number | null;
  /** The first video stream that is no cover picture, and large enough to be seen. */
  readonly video: VideoStream | null;
  /** The sound track that is meant to be heard. */
  readonly audio: (AudioFacts & { readonly index: number }) | null;
  /** The picture or sound to be played is told to be encrypted. */
  readonly isEncrypted: boolean;
  /** There is a picture, but of so few pixels that it is none; chapter marks of audio books are such. */
  readonly isTiny: boolean;
  /** As the object is tagged; null = it is not. */
  readonly title: string | null;
  readonly artist: string | null;
  /** null unless there are both picture and sound. */
  readonly extents: StreamExtents | null;
}

/** What the packets of the first seconds tell. */
export interface PacketFacts {
  readonly count: number;
  /** Where in the file the first of them lies, bytes; null = not told. */
  readonly firstAtBytes: number | null;
  /** The time of the first of them; null = not told. */
  readonly firstS: number | null;
  readonly maxKeyframeGapS: number | null;
  /** One of them is told to be encrypted. */
  readonly isEncrypted: boolean;
  /** Where the pictures begin, if the first ones are cut off by an edit list, or cannot be decoded for want of a key frame. */
  readonly cutStartS: number | null;
  /** FFmpeg complained of what it read. */
  readonly isDamaged: boolean;
  /** The longest time from one packet to the next, seconds; 0 when there are none. */
  readonly longestStepS: number;
}

type VideoStream = Omit<VideoFacts, 'maxKeyframeGapS' | 'still' | 'startTimeS'> & {
  readonly index: number;
  readonly startS: number | null;
  readonly frameCount: number | null;
};

// ffprobe prints numbers as numbers or strings, and what it does not know as "N/A", "unknown", 0/0 or not at all.
const text = z.string().catch('');
const numeric = z.coerce.number().finite().nullable().catch(null);
const ratio = z
  .string()
  .transform((value) => {
    const [over, under] = value.split(/[:/]/).map(Number);
    return over !== undefined && under !== undefined && over > 0 && under > 0 ? over / under : null;
  })
  .nullable()
  .catch(null);
/** Matroska's way: `00:01:02.345000000`. */
const clockTime = z
  .string()
  .regex(/^\d+:\d\d:\d\d(?:\.\d+)?$/)
  .transform((value) => value.split(':').reduce((sum, part) => sum * 60 + Number(part), 0))
  .nullable()
  .catch(null);
/** `unknown` to ffprobe, or `reserved` in the file, is none. */
const colourTag = text.transform((value) => (['', 'unknown', 'reserved'].includes(value) ? null : value));
/** Names of tags are written in any case: Vorbis comments in capitals, others not. */
const tagsSchema = z
  .record(z.string(), z.unknown())
  .transform((tags) => new Map(Object.entries(tags).map(([name, value]) => [name.toLowerCase(), value])))
  .catch(new Map());
const streamSchema = z.object({
  index: z.number().int().nonnegative(),
  codec_type: text,
  codec_name: text,
  codec_tag_string: text,
  profile: text,
  pix_fmt: text,
  width: numeric,
  height: numeric,
  sample_aspect_ratio: ratio,
  r_frame_rate: ratio,
  avg_frame_rate: ratio,
  field_order: text,
  bit_rate: numeric,
  start_time: numeric,
  duration: numeric,
  nb_frames: numeric,
  has_b_frames: numeric,
  sample_rate: numeric,
  channels: numeric,
  color_range: colourTag,
  color_space: colourTag,
  color_transfer: colourTag,
  color_primaries: colourTag,
  tags: tagsSchema,
  disposition: z
    .object({ attached_pic: numeric, default: numeric, comment: numeric, visual_impaired: numeric })
    .partial()
    .catch({}),
  side_data_list: z.array(z.object({ rotation: numeric, side_data_type: text })).catch([]),
});
type Stream = z.infer<typeof streamSchema>;
const outputSchema = z.object({
  streams: z.array(streamSchema).catch([]),
  format: z.object({ format_name: z.string(), duration: numeric, start_time: numeric, tags: tagsSchema }),
});
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

/** Reads ffprobe's JSON on container and streams; null when it is of another shape. */
export function parseProbe(json: unknown): ProbeOutput | null {
  const parsed = outputSchema.safeParse(json);
  if (!parsed.success) return null;
  const { streams, format } = parsed.data;
  const pictures = streams.filter(({ codec_type: type, disposition }) => type === 'video' && !disposition.attached_pic);
  const video = meantToBeSeen(pictures);
  const sounds = streams.filter(({ codec_type: type }) => type === 'audio');
  const audio = meantToBeHeard(sounds);
  return {
    formatName: format.format_name,
    durationS: format.duration,
    startTimeS: format.start_time,
    video: video === undefined ? null : videoStream(video, pictures.indexOf(video)),
    audio:
      audio === undefined
        ? null
        : {
            ...trackOf(sounds.indexOf(audio)),
            index: audio.index,
            codec: audio.codec_name,
            profile: audio.profile,
            sampleRateHz: audio.sample_rate ?? 0,
            channels: audio.channels ?? 0,
          },
    isEncrypted: [video, audio].some((stream) => stream !== undefined && isEncrypted(stream)),
    isTiny: video === undefined && pictures.length > 0,
    title: tagOf('title', format, audio),
    artist: tagOf('artist', format, audio),
    extents: video === undefined || audio === undefined ? null : extentsOf(video, audio, format.start_time ?? 0),
  };
}

/** In an Ogg the song's tags are the stream's; elsewhere a stream's title names the track, such as `Stereo`. */
function tagOf(
  name: string,
  { format_name: formatName, tags }: z.infer<typeof outputSchema>['format'],
  audio: Stream | undefined,
): string | null {
  const found = tags.get(name) ?? (formatName === 'ogg' ? audio?.tags.get(name) : undefined);
  const line = typeof found === 'string' ? oneLine(found.trim(), LONGEST_TAG) : '';
  return line === '' ? null : line;
}

const LONGEST_TAG = 200;

function extentsOf(video: Stream, audio: Stream, fileStartS: number): StreamExtents {
  /** Matroska's tag tells the end, not the length. */
  const end = ({ start_time: startS, duration, tags }: Stream): number | null =>
    duration !== null ? wholeMs((startS ?? fileStartS) + duration - fileStartS) : clockTime.parse(tags.get('duration'));
  return {
    videoEndS: end(video),
    audioStartS: audio.start_time === null ? null : wholeMs(audio.start_time - fileStartS),
    audioEndS: end(audio),
  };
}

/** Reads ffprobe's JSON on the packets of one stream; null when it is of another shape. */
export function packetFacts(json: unknown, isDamaged = false): PacketFacts | null {
  const parsed = packetsSchema.safeParse(json);
  if (!parsed.success) return null;
  const timed = parsed.data.packets.flatMap(({ pts_time: ptsS, flags }) => (ptsS === null ? [] : [{ ptsS, flags }]));
  const keysS = timed.filter(({ flags }) => flags.includes('K')).map(({ ptsS }) => ptsS);
  const lateKey = timed[0]?.flags.includes('K') === false;
  const cutsS = timed.filter(({ flags }) => flags.includes('D')).map(({ ptsS }) => ptsS);
  return {
    count: parsed.data.packets.length,
    firstAtBytes: parsed.data.packets[0]?.pos ?? null,
    firstS: timed[0]?.ptsS ?? null,
    isEncrypted: parsed.data.packets.some(({ side_data_list: notes }) => notes.some(isAboutEncryption)),
    maxKeyframeGapS:
      keysS.length === 0
        ? null
        : longestGap(
            keysS,
            timed.map(({ ptsS }) => ptsS),
          ),
    cutStartS: cutsS.length > 0 ? Math.min(...cutsS) : lateKey ? (keysS[0] ?? null) : null,
    isDamaged,
    longestStepS: longestStepS(timed.map(({ ptsS }) => ptsS)),
  };
}

/** Puts together what is known of the object; without packets the key frames stay unknown. */
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

/** The first needs no word. */
const trackOf = (track: number): { readonly track?: number } => (track > 0 ? { track } : {});

const audioFacts = ({ index: _index, ...audio }: NonNullable<ProbeOutput['audio']>): AudioFacts => audio;

function videoFacts(
  { index: _index, startS, frameCount: _frameCount, ...video }: VideoStream,
  output: ProbeOutput,
  packets: PacketFacts | null,
  still: boolean,
): VideoFacts {
  // FFmpeg moves the file's start to zero (MPEG-TS begins at 1.4 s): what counts is the distance from there.
  const beginS = packets?.cutStartS ?? startS ?? 0;
  return {
    ...video,
    still,
    startTimeS: wholeMs(beginS - (output.startTimeS ?? 0)),
    maxKeyframeGapS: packets?.maxKeyframeGapS ?? null,
    ...pauseOf(packets?.longestStepS ?? 0),
  };
}

function videoStream(stream: Stream, track: number): VideoStream {
  const average = stream.avg_frame_rate;
  const base = stream.r_frame_rate;
  return {
    ...trackOf(track),
    index: stream.index,
    codec: stream.codec_name,
    profile: stream.profile,
    pixelFormat: stream.pix_fmt,
    width: stream.width ?? 0,
    height: stream.height ?? 0,
    sampleAspect: stream.sample_aspect_ratio ?? 1,
    fps: average ?? 0,
    variableFrameRate: average === null || base === null || Math.abs(base - average) > average * FPS_TOLERANCE,
    progressive: stream.field_order === 'progressive',
    bitrateKbps: stream.bit_rate === null ? null : stream.bit_rate / 1000,
    rotation: clockwise(stream.side_data_list.find(({ rotation }) => rotation !== null)?.rotation ?? 0),
    hasBFrames: stream.has_b_frames ?? 0,
    startS: stream.start_time,
    frameCount: stream.nb_frames,
    ...coloursOf(stream),
  };
}

function coloursOf(stream: Stream): { readonly colours?: ColourTags } {
  const { color_range: range, color_space: matrix, color_transfer: transfer, color_primaries: primaries } = stream;
  const colours = { range, matrix, transfer, primaries };
  return Object.values(colours).some((tag) => tag !== null) ? { colours } : {};
}

function isStill(formatName: string, { frameCount }: VideoStream, packets: PacketFacts | null): boolean {
  if (formatName.endsWith('_pipe')) return true;
  return formatName === 'gif' ? packets?.count === 1 : frameCount === 1;
}

/** ffprobe gives the display matrix counter-clockwise, in -180 to 180. */
function clockwise(rotation: number): number {
  return ((-Math.round(rotation) % 360) + 360) % 360;
}

/** Also from the window's begin to the first key frame and from the last one to its end. */
function longestGap(keysS: readonly number[], allS: readonly number[]): number {
  const pointsS = [...keysS].sort((a, b) => a - b);
  const firstS = allS.reduce((least, value) => Math.min(least, value), Infinity);
  const lastS = allS.reduce((most, value) => Math.max(most, value), -Infinity);
  const edges = [firstS, ...pointsS, lastS];
  return wholeMs(edges.reduce((longest, value, i) => Math.max(longest, value - (edges[i - 1] ?? value)), 0));
}

function wholeMs(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
