import { FIRST_S, lookBeyond, withCues } from './beyond.ts';
import type { ReadBytes } from './container/mp4-boxes.ts';
import { decidesByPackets, inspectedFacts } from './facts.ts';
import { explain, refusalOf, undecodable } from './failure.ts';
import { parseProbe, type ProbeOutput } from './output.ts';
import { type PacketFacts, packetFacts } from './packets.ts';
import { type ProbeRun, runProbe } from './process.ts';
import type { ItemFacts, ListedObject } from '../../reconcile/model/item.ts';
import {
  addressLine,
  LOCAL_MEDIA_PROTOCOLS,
  MEDIA_FORMAT_WHITELIST,
  MEDIA_MAX_PIXELS,
  REMOTE_MEDIA_PROTOCOLS,
} from '../../reconcile/playout/allowed-media.ts';
import { hasTables } from '../../reconcile/playout/copy-decision.ts';
import { HOUSE_AUDIO } from '../../reconcile/playout/house-format.ts';
import { readBytes } from '../../store/fetch/read-bytes.ts';
import type { MediaResult } from '../../store/port.ts';

export interface ProberOptions {
  readonly ffprobePath: string;
  /** For all runs of ffprobe in one inspection; explaining a failure takes at most 5 s more. */
  readonly timeoutMs: number;
  /** The whole environment of ffprobe. */
  readonly env: Readonly<Record<string, string>>;
  /** Bundle of authorities for the request that explains a failed probe; null or absent = Node's own. */
  readonly caFile?: string | null;
}

/** Finds out what an object holds. `url` is a signed address or `file:` and a path. Failures name the key, never the address. */
export type Prober = (url: string, listed: ListedObject) => Promise<MediaResult<ItemFacts>>;

/** No byte for so long from the store ends a run of ffprobe. */
const READ_TIMEOUT_US = 10_000_000;

/** The looks beyond the beginning take this long at most: the item waits meanwhile, and a file of key frames alone takes long to decode. */
const BEYOND_AT_MOST_MS = 10_000;

const ENTRIES = [
  'format=format_name,duration,start_time',
  'format_tags=title,artist',
  'stream=index,codec_type,codec_name,codec_tag_string,profile,pix_fmt,width,height,sample_aspect_ratio,r_frame_rate,avg_frame_rate,' +
    'field_order,bit_rate,start_time,duration,nb_frames,has_b_frames,sample_rate,channels,' +
    'color_range,color_space,color_transfer,color_primaries',
  'stream_disposition=attached_pic,default,comment,visual_impaired',
  'stream_tags=DURATION,title,artist',
  'stream_side_data=side_data_type,rotation',
].join(':');

/** Inspects with ffprobe: the container first, then what the answer depends on, all at once. */
export function createProber(options: ProberOptions): Prober {
  return async (url, listed) => {
    const deadlineMs = performance.now() + options.timeoutMs;
    const probeUntil =
      (endMs: number) =>
      (args: readonly string[]): Promise<ProbeRun> =>
        runProbe(options, [...args, ...inputArgs(url)], addressLine(url), endMs - performance.now());
    const probe = probeUntil(deadlineMs);

    const container = await probe(['-show_entries', ENTRIES]);
    const output = container.kind === 'ok' ? parseProbe(container.json) : null;
    if (output === null) return { kind: 'failed', failure: await explain(container, url, listed, options) };
    const look = async (args: readonly string[] | null): Promise<PacketFacts | null> => {
      const packets = args === null ? null : await probe(args);
      return packets?.kind === 'ok' ? packetFacts(packets.json, packets.complained) : null;
    };
    const beyondUntilMs = Math.min(deadlineMs, performance.now() + BEYOND_AT_MOST_MS);
    const read: ReadBytes = (offsetBytes, sizeBytes) =>
      readBytes(url, offsetBytes, sizeBytes, {
        timeoutMs: beyondUntilMs - performance.now(),
        caFile: options.caFile ?? null,
      });
    // All at once: an edit of desired.yaml takes effect only after them.
    const [pictures, sounds, beyond] = await Promise.all([
      look(pictureArgs(output)),
      look(soundArgs(output)),
      lookBeyond(listed.sizeBytes, output, { probe: probeUntil(beyondUntilMs), read }),
    ]);
    const found = withCues(beyond, pictures?.maxKeyframeGapS ?? 0);
    const facts = inspectedFacts(listed, output, { pictures, sounds, beyond: found });
    const isEncrypted = [output, pictures, sounds].some((seen) => seen?.isEncrypted === true);
    const refusal = refusalOf(facts, isEncrypted, output);
    if (refusal !== null) return { kind: 'failed', failure: undecodable(listed, refusal) };
    const isGuess = container.kind === 'ok' && container.durationIsGuess;
    return { kind: 'ok', value: isGuess ? { ...facts, durationS: null } : facts };
  };
}

/**
 * A signed address must not be in argv, which every user of the machine can read. The `concatf` protocol takes it from stdin
 * and, unlike the concat demuxer, keeps duration and frame counts. A path goes the same way, so that the bytes alone decide
 * what the object is: by its name FFmpeg would take `x.jpg` for a sequence of pictures.
 */
function inputArgs(url: string): readonly string[] {
  const protocols = url.startsWith('file:') ? LOCAL_MEDIA_PROTOCOLS : REMOTE_MEDIA_PROTOCOLS;
  return [
    ...['-protocol_whitelist', `concatf,pipe,${protocols}`, '-format_whitelist', MEDIA_FORMAT_WHITELIST],
    ...['-max_pixels', String(MEDIA_MAX_PIXELS), '-rw_timeout', String(READ_TIMEOUT_US), '-i', 'concatf:pipe:0'],
  ];
}

/** The first packets of the picture: those of 30 s where they may be copied; of an MP4 two, to see where they lie and whether they are encrypted. */
function pictureArgs(output: ProbeOutput): readonly string[] | null {
  const { video } = output;
  if (video === null || !(decidesByPackets(output) || hasTables(output))) return null;
  return packetArgs(video, video.codec === 'h264');
}

/**
 * The first packets of an MP4's sound: those of 30 s beside a picture that may be copied, as the sound may pause. Where it may
 * be copied, too, they are decoded: only the decoder notices bytes of something else, and 30 s take it 30 ms.
 */
function soundArgs(output: ProbeOutput): readonly string[] | null {
  const { audio, video } = output;
  if (audio === null || !hasTables(output)) return null;
  if (video?.codec !== 'h264') return packetArgs(audio, false);
  return [...(audio.codec === HOUSE_AUDIO.codec ? ['-count_frames'] : []), ...packetArgs(audio, true)];
}

const packetArgs = ({ index }: { readonly index: number }, isLong: boolean): readonly string[] => [
  ...['-select_streams', String(index), '-read_intervals', isLong ? `%+${FIRST_S}` : '%+#2'],
  ...['-show_entries', 'packet=pts_time,pos,flags:packet_side_data=side_data_type'],
];
