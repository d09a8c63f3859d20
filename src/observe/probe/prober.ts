import { itemFacts, type PacketFacts, packetFacts, parseProbe, type ProbeOutput } from './facts.ts';
import { keyFrameArgs, keyFrameFacts, type KeyFrameFacts, piecesOf } from './key-frames.ts';
import { pauseOf } from './pauses.ts';
import { type CueFacts, readCues } from './mkv-cues.ts';
import type { ReadBytes } from './mp4-boxes.ts';
import { readIndex } from './mp4-index.ts';
import { type ProbeRun, runProbe } from './process.ts';
import type { ItemFacts, ListedObject } from '../../reconcile/model/item.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import {
  addressLine,
  LOCAL_MEDIA_PROTOCOLS,
  MEDIA_FORMAT_WHITELIST,
  MEDIA_MAX_PIXELS,
  REMOTE_MEDIA_PROTOCOLS,
} from '../../reconcile/playout/allowed-media.ts';
import { hasTables } from '../../reconcile/playout/copy-decision.ts';
import { askAddress } from '../../store/fetch/first-byte.ts';
import { readBytes } from '../../store/fetch/read-bytes.ts';
import { shownKey } from '../../store/keys.ts';
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

/** The item waits for its turn meanwhile, and a file of key frames alone takes long to decode. */
const LATER_AT_MOST_MS = 10_000;

/** The packets of so many seconds are looked at, for what is known of the beginning. */
const FIRST_S = 30;
/** Matroska counts in milliseconds. */
const CUE_TOLERANCE_S = 0.01;

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

/** FFmpeg shows an animated WebP without a size, as it does one that is too large. */
const WEBP_WITHOUT_SIZE =
  'it is an animated WebP, which FFmpeg does not decode, or one of more than 67 megapixels; upload it as MP4 or GIF';

/** Inspects with ffprobe: the container first and, where the answer depends on them, the packets of the first seconds. */
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
    const look = async (window: readonly string[] | null): Promise<PacketFacts | null> => {
      const packets = window === null ? null : await probe(window);
      return packets?.kind === 'ok' ? packetFacts(packets.json, packets.complained) : null;
    };
    const window = packetWindow(output);
    const laterUntilMs = Math.min(deadlineMs, performance.now() + LATER_AT_MOST_MS);
    // At once, as an edit of desired.yaml is seen only after them.
    const reading = { untilMs: laterUntilMs, caFile: options.caFile ?? null };
    const [packets, pictures, sounds, index, cues, seen] = await Promise.all([
      look(window),
      look(window === null ? firstPackets(output, output.video) : null),
      look(firstPackets(output, output.audio)),
      indexOf(url, listed, output, reading),
      cuesOf(url, listed, output, reading),
      laterKeyFrames(listed, output, probeUntil(laterUntilMs)),
    ]);
    const known = itemFacts(listed, output, packets);
    // Cues that leave out key frames where all of them were seen tell nothing of the rest.
    const told = cues === null || cues.firstGapS > (known.video?.maxKeyframeGapS ?? 0) + CUE_TOLERANCE_S ? [] : [cues];
    const later = [...index, ...told.map(({ maxGapS }) => ({ maxGapS, change: null, soundStepS: 0 })), ...seen];
    const layout = layoutOf(listed, output, packets ?? pictures, sounds);
    const seenWhole = withKeyFrames({ ...known, ...layout }, later, packets?.isDamaged === true);
    const found = withSoundStart(withPauses(seenWhole, sounds, later), sounds, output);
    const facts = container.kind === 'ok' && container.durationIsGuess ? { ...found, durationS: null } : found;
    if (facts.video !== null && facts.video.width * facts.video.height === 0) {
      const limit = `${Math.floor(MEDIA_MAX_PIXELS / 1e6)} megapixels`;
      if (facts.formatName === 'webp_pipe') return { kind: 'failed', failure: undecodable(listed, WEBP_WITHOUT_SIZE) };
      return { kind: 'failed', failure: undecodable(listed, `its picture has no size, or more than ${limit}`) };
    }
    const isEncrypted = output.isEncrypted || packets?.isEncrypted === true;
    if (isEncrypted || sounds?.isEncrypted === true) {
      return { kind: 'failed', failure: undecodable(listed, 'it is encrypted; upload it without copy protection') };
    }
    if (facts.video !== null || facts.audio !== null) return { kind: 'ok', value: facts };
    if (output.isTiny)
      return { kind: 'failed', failure: undecodable(listed, 'its picture is under 3 pixels wide or high') };
    return { kind: 'failed', failure: undecodable(listed, 'it has neither video nor audio') };
  };
}

/**
 * A signed address must not be in argv, which every user of the machine can read: the `concatf` protocol takes it from
 * stdin and, unlike the concat demuxer, keeps duration and frame counts. A path goes the same way, so that the bytes
 * alone say what the object is: by its name, FFmpeg would take `x.jpg` for a sequence of pictures.
 */
function inputArgs(url: string): readonly string[] {
  const protocols = isLocal(url) ? LOCAL_MEDIA_PROTOCOLS : REMOTE_MEDIA_PROTOCOLS;
  return [
    ...['-protocol_whitelist', `concatf,pipe,${protocols}`, '-format_whitelist', MEDIA_FORMAT_WHITELIST],
    ...['-max_pixels', String(MEDIA_MAX_PIXELS), '-rw_timeout', String(READ_TIMEOUT_US), '-i', 'concatf:pipe:0'],
  ];
}

function isLocal(url: string): boolean {
  return url.startsWith('file:');
}

/** Only H.264 may be copied, so only there key frames matter; a GIF moves if it has a second packet. */
function packetWindow({ formatName, video }: ProbeOutput): readonly string[] | null {
  if (video === null || (video.codec !== 'h264' && formatName !== 'gif')) return null;
  const interval = video.codec === 'h264' ? `%+${FIRST_S}` : '%+#2';
  return [
    ...['-select_streams', String(video.index), '-read_intervals', interval],
    ...['-show_entries', 'packet=pts_time,pos,flags:packet_side_data=side_data_type'],
  ];
}

/**
 * What is true of the beginning may change: key frames that come more seldom, recordings joined by `cat`. What cannot be
 * looked at in time tells nothing.
 */
async function laterKeyFrames(
  { sizeBytes }: ListedObject,
  output: ProbeOutput,
  probe: (args: readonly string[]) => Promise<ProbeRun>,
): Promise<readonly KeyFrameFacts[]> {
  const { video, audio, durationS, startTimeS } = output;
  if (video?.codec !== 'h264' || isShortMp4(output)) return [];
  // An index tells of the sound; and to read both streams where they lie apart would take thousands of requests.
  const streams = { video: video.index, audio: hasTables(output) ? null : (audio?.index ?? null) };
  const looked = piecesOf(sizeBytes, durationS).map(async (piece): Promise<readonly KeyFrameFacts[]> => {
    const run = await probe(keyFrameArgs(streams, piece, startTimeS ?? 0));
    const facts = run.kind === 'ok' ? keyFrameFacts(run.json, streams, piece, startTimeS ?? 0) : null;
    if (facts === null) return [];
    return [run.kind === 'ok' && run.complained ? { ...facts, change: 'damage' } : facts];
  });
  return (await Promise.all(looked)).flat();
}

/** An MP4 has in its index what is true of all of it; nothing where that does not tell. */
async function indexOf(
  url: string,
  { sizeBytes }: ListedObject,
  output: ProbeOutput,
  reading: Reading,
): Promise<readonly KeyFrameFacts[]> {
  const { video, audio } = output;
  if (video?.codec !== 'h264' || !hasTables(output) || isShortMp4(output)) return [];
  const facts = await readIndex(readerOf(url, reading), sizeBytes, {
    video: video.index,
    audio: audio?.index ?? null,
  }).catch(() => null);
  if (facts === null) return [];
  const { maxGapS, changes, soundStepS, pictureStepS } = facts;
  return [{ maxGapS, change: changes ? 'size' : null, soundStepS, pictureStepS }];
}

/** Where the key frames of a Matroska file too large to be looked at whole are, as far as its cues tell. */
async function cuesOf(
  url: string,
  { sizeBytes }: ListedObject,
  { video, formatName, durationS }: ProbeOutput,
  reading: Reading,
): Promise<CueFacts | null> {
  const isLarge = piecesOf(sizeBytes, durationS).every(({ startS }) => startS > 0);
  if (video?.codec !== 'h264' || !formatName.split(',').includes('matroska') || !isLarge) return null;
  return readCues(readerOf(url, reading), video.index, FIRST_S).catch(() => null);
}

interface Reading {
  readonly untilMs: number;
  readonly caFile: string | null;
}

const readerOf =
  (url: string, { untilMs, caFile }: Reading): ReadBytes =>
  (offsetBytes, wantedBytes) =>
    readBytes(url, offsetBytes, wantedBytes, { timeoutMs: untilMs - performance.now(), caFile });

/** All its packets are looked at, and its parameter sets stand in its tables, once as a rule. */
const isShortMp4 = (output: ProbeOutput): boolean =>
  output.durationS !== null && output.durationS <= FIRST_S && hasTables(output);

function withKeyFrames(facts: ItemFacts, later: readonly KeyFrameFacts[], isDamaged: boolean): ItemFacts {
  const { video } = facts;
  if (video === null || video.maxKeyframeGapS === null) return facts;
  const change = isDamaged ? 'damage' : (later.find((piece) => piece.change !== null)?.change ?? null);
  const maxKeyframeGapS = Math.max(video.maxKeyframeGapS, ...later.map(({ maxGapS }) => maxGapS ?? 0));
  return { ...facts, video: { ...video, maxKeyframeGapS, ...(change === null ? {} : { change }) } };
}

/** Only what goes on without a pause is copied. */
function withPauses(facts: ItemFacts, sounds: PacketFacts | null, later: readonly KeyFrameFacts[]): ItemFacts {
  const soundS = Math.max(sounds?.longestStepS ?? 0, ...later.map(({ soundStepS }) => soundStepS));
  const pictureS = Math.max(facts.video?.longestPauseS ?? 0, ...later.map(({ pictureStepS }) => pictureStepS ?? 0));
  return {
    ...facts,
    video: facts.video === null ? null : { ...facts.video, ...pauseOf(pictureS) },
    audio: facts.audio === null ? null : { ...facts.audio, ...pauseOf(soundS) },
  };
}

/** Where an edit list leaves out a beginning, FFmpeg still reads a second of it, or the whole of a packet that began there. */
function withSoundStart(facts: ItemFacts, sounds: PacketFacts | null, { startTimeS }: ProbeOutput): ItemFacts {
  const firstS = sounds?.firstS ?? null;
  if (facts.audio === null || firstS === null) return facts;
  const cutS = (startTimeS ?? 0) - firstS;
  if (cutS < SOUND_CUT_FROM_S) return facts;
  return { ...facts, audio: { ...facts.audio, startTimeS: -Math.round(cutS * 1000) / 1000 } };
}

/** Encoders begin with up to 50 ms of nothing, which is left out of every file. */
const SOUND_CUT_FROM_S = 0.1;

/**
 * Of MP4 the first packets of either stream: it may be encrypted alone, and lie apart from the other. Beside a picture
 * that may be copied the sound of the first seconds, which may pause.
 */
function firstPackets(output: ProbeOutput, stream: { readonly index: number } | null): readonly string[] | null {
  if (stream === null || !hasTables(output)) return null;
  const interval = stream === output.audio && output.video?.codec === 'h264' ? `%+${FIRST_S}` : '%+#2';
  return [
    ...['-select_streams', String(stream.index), '-read_intervals', interval],
    ...['-show_entries', 'packet=pos,pts_time,flags:packet_side_data=side_data_type'],
  ];
}

/** An MP4 may hold its picture and its sound anywhere: all of one before the other, or minutes of each in turn. */
function layoutOf(
  { sizeBytes }: ListedObject,
  { durationS }: ProbeOutput,
  pictures: PacketFacts | null,
  sounds: PacketFacts | null,
): Pick<ItemFacts, 'apartS'> {
  const [picture, sound] = [pictures?.firstAtBytes ?? null, sounds?.firstAtBytes ?? null];
  if (picture === null || sound === null || durationS === null || sizeBytes === 0) return {};
  const apartBytes = Math.abs(picture - sound);
  const apartS = Math.round((apartBytes / sizeBytes) * durationS);
  return apartBytes >= APART_FROM_BYTES && apartS >= APART_FROM_S ? { apartS } : {};
}

/** What lies closer FFmpeg reads on the way: its connection holds as much, and it keeps the streams within a second. */
const APART_FROM_BYTES = 1024 * 1024;
const APART_FROM_S = 3;

async function explain(
  run: ProbeRun,
  url: string,
  listed: ListedObject,
  options: ProberOptions,
): Promise<MediaFailure> {
  if (run.kind === 'not-started') {
    return {
      reason: 'MediaUndecodable',
      message: `ffprobe cannot be run (${run.code}): install FFmpeg or set FFPROBE_PATH`,
    };
  }
  // Through concatf every trouble reads "Invalid data": the address itself is asked whether it is to blame.
  const answer = isLocal(url) ? null : await askAddress(url, listed.key, options);
  if (answer?.kind === 'failed') return answer.failure;
  const encoding = answer?.contentEncoding ?? null;
  if (encoding !== null) {
    return undecodable(
      listed,
      `the store sends it as content-encoding: ${encoding}, which it is not; upload it without`,
    );
  }
  if (run.kind === 'timeout') {
    const message = `${shownKey(listed.key)} could not be inspected within ${Math.round(options.timeoutMs / 1000)} s`;
    return isLocal(url)
      ? undecodable(listed, 'inspecting it took too long')
      : { reason: 'StorageUnreachable', message: `${message}: the store is too slow or fell silent` };
  }
  return undecodable(listed, run.kind === 'failed' ? run.message : 'ffprobe gave no usable answer');
}

function undecodable(listed: ListedObject, why: string): MediaFailure {
  return { reason: 'MediaUndecodable', message: `${shownKey(listed.key)} is not playable media: ${why}` };
}
