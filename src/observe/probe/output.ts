import { z } from 'zod';
import type { AudioFacts, ColourTags, StreamExtents, VideoFacts } from '../../reconcile/model/item.ts';
import { FPS_TOLERANCE } from '../../reconcile/playout/copy-decision.ts';
import { oneLine } from '../../text/complaint.ts';
import { numeric, text, toThousandths } from './numbers.ts';

/** What ffprobe said about container and streams; null = it did not say. */
export interface ProbeOutput {
  readonly formatName: string;
  readonly durationS: number | null;
  readonly startTimeS: number | null;
  /** The first video stream that is no cover picture, and large enough to be seen. */
  readonly video: VideoStream | null;
  /** The sound track that is meant to be heard. */
  readonly audio: (AudioFacts & { readonly index: number }) | null;
  /** The picture or the sound to be played is encrypted. */
  readonly isEncrypted: boolean;
  /** The only pictures have under 3 pixels a side, as the chapter marks of audio books have. */
  readonly isTiny: boolean;
  /** The tags of that name; null = not tagged. */
  readonly title: string | null;
  readonly artist: string | null;
  /** null unless there are both picture and sound. */
  readonly extents: StreamExtents | null;
}

/** The picture as ffprobe describes it, without what only its packets tell. */
export type VideoStream = Omit<VideoFacts, 'maxKeyframeGapS' | 'still' | 'startTimeS'> & {
  readonly index: number;
  readonly startS: number | null;
  readonly frameCount: number | null;
};

const ratio = z
  .string()
  .transform((value) => {
    const [over, under] = value.split(/[:/]/).map(Number);
    return over !== undefined && under !== undefined && over > 0 && under > 0 ? over / under : null;
  })
  .nullable()
  .catch(null);
/** A time as Matroska writes it: `00:01:02.345000000`. */
const clockTime = z
  .string()
  .regex(/^\d+:\d\d:\d\d(?:\.\d+)?$/)
  .transform((value) => value.split(':').reduce((sum, part) => sum * 60 + Number(part), 0))
  .nullable()
  .catch(null);
/** A colour tag; `unknown` (ffprobe's word) and `reserved` (the file's) count as none. */
const colourTag = text.transform((value) => (['', 'unknown', 'reserved'].includes(value) ? null : value));
/** Tags by their name in small letters: Vorbis comments are written in capitals, others not. */
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

/** A picture has at least this many pixels a side. Chapter marks of audio books have fewer, and FFmpeg's deinterlacer refuses them. */
const LEAST_PIXELS = 3;

/** The first picture large enough to be seen. One of unknown size counts: it is refused for that later. */
const meantToBeSeen = (pictures: readonly Stream[]): Stream | undefined =>
  pictures.find(({ width, height }) => !isTiny(width) && !isTiny(height));

const isTiny = (pixels: number | null): boolean => pixels !== null && pixels > 0 && pixels < LEAST_PIXELS;

/** The default track, else the first; commentary and audio description only where there is nothing else. */
function meantToBeHeard(sounds: readonly Stream[]): Stream | undefined {
  const main = sounds.filter(({ disposition }) => disposition.comment !== 1 && disposition.visual_impaired !== 1);
  return main.find(({ disposition }) => disposition.default === 1) ?? main[0] ?? sounds[0];
}

/** Sample entries of MP4 whose content is protected: common encryption, iTunes, Audible. */
const PROTECTED_TAGS = new Set(['encv', 'enca', 'drmi', 'drms', 'aavd']);

/** Whether a stream is encrypted: FFmpeg may show the codec beneath a protected entry, with side data about the encryption. */
const isEncrypted = ({ codec_tag_string: tag, side_data_list: notes }: Stream): boolean =>
  PROTECTED_TAGS.has(tag) || notes.some(isAboutEncryption);

/** `Encryption info` of packets, `Encryption initialization data` of streams (libavcodec/avpacket.c). */
export const isAboutEncryption = ({ side_data_type: type }: { readonly side_data_type: string }): boolean =>
  type.startsWith('Encryption');

/** The tag of that name. In an Ogg the song's tags are the stream's; elsewhere a stream's title names the track, such as `Stereo`. */
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
  /** Matroska's tag DURATION is the stream's end, not its length. */
  const end = ({ start_time: startS, duration, tags }: Stream): number | null =>
    duration !== null
      ? toThousandths((startS ?? fileStartS) + duration - fileStartS)
      : clockTime.parse(tags.get('duration'));
  return {
    videoEndS: end(video),
    audioStartS: audio.start_time === null ? null : toThousandths(audio.start_time - fileStartS),
    audioEndS: end(audio),
  };
}

/** The number of a track, left out for the first one. */
const trackOf = (track: number): { readonly track?: number } => (track > 0 ? { track } : {});

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

/** Degrees clockwise, 0 to 359; ffprobe gives them counter-clockwise, -180 to 180. */
function clockwise(rotation: number): number {
  return ((-Math.round(rotation) % 360) + 360) % 360;
}
