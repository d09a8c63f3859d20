import { listProtocols, type MediaInput } from './media-list.ts';
import type { ItemFacts, LocalCopy } from '../reconcile/model/item.ts';
import type { HouseFormat, ItemPart, ItemSpec, PlayoutSpec } from '../reconcile/model/playout.ts';
import { LOCAL_MEDIA_PROTOCOLS, MEDIA_FORMAT_WHITELIST, MEDIA_MAX_PIXELS } from '../reconcile/playout/allowed-media.ts';
import { HOUSE_AUDIO, HOUSE_GOP_S, HOUSE_REORDER_FRAMES } from '../reconcile/playout/house-format.ts';
import { paddedRateKbps } from '../reconcile/playout/record.ts';

/**
 * How every playout muxes, so that joins are seamless. Each flag is load-bearing and has a test that fails without it:
 * no start delay, or a kill costs 250 ms of sound; complete PES lengths, or frames cut off by a kill are published; a
 * discontinuity mark at the beginning, or an item's last large frame is dropped.
 */
const JOINABLE_MPEGTS = [
  ['-f', 'mpegts'],
  ['-muxdelay', '0'],
  ['-omit_video_pes_length', '0'],
  ['-mpegts_flags', '+initial_discontinuity'],
].flat();

const QUIET = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+error'];

/** Colour of the built-in slate: a dark blue, so that nobody takes it for a black screen. */
const SLATE_COLOUR = '0x16324f';
const STILL_SHOWN_S = 10;

export interface PlayoutFiles {
  readonly progress: string;
}

/** The arguments of one playout, without the program's name. `input`: null for the slate. Pure. */
export function playoutArgv(spec: PlayoutSpec, files: PlayoutFiles, input: MediaInput | null): readonly string[] {
  const common = [...QUIET, '-progress', `file:${files.progress}`, '-stats_period', '0.5'];
  if (spec.kind === 'slate' || input === null) {
    const source = spec.kind === 'slate' ? spec.source : null;
    return [...common, ...slateArgv(spec.format, source), ...JOINABLE_MPEGTS, 'pipe:1'];
  }
  const { part } = spec;
  const body = part.mode === 'copy' ? copyArgv(spec) : transcodeArgv(spec);
  return [...common, ...listInput(part, input), ...body, ...JOINABLE_MPEGTS, 'pipe:1'];
}

/** The item from the list on stdin, from its place on. */
export function listInput(part: ItemPart, input: MediaInput): readonly string[] {
  const loop = part.loops > 1 ? ['-stream_loop', String(part.loops - 1)] : [];
  const seek = part.cursor.offsetMs > 0 ? ['-ss', (part.cursor.offsetMs / 1000).toFixed(3)] : [];
  const limit = part.cut && part.lengthMs !== null ? ['-t', (part.lengthMs / 1000).toFixed(3)] : [];
  const list = ['-f', 'concat', '-safe', '0', '-protocol_whitelist', listProtocols(input), '-i', 'pipe:0'];
  return [...loop, ...seek, ...limit, ...BOUNDED_PICTURE, ...list];
}

const BOUNDED_PICTURE = ['-max_pixels', String(MEDIA_MAX_PIXELS)];

function copyArgv({ facts, format, part }: ItemSpec): readonly string[] {
  const delay = part.loops > 1 ? [] : sameDelay(facts);
  return ['-map', '0:V:0', '-map', '0:a:0', '-c', 'copy', ...delay, ...padding(facts, format)];
}

/**
 * A join continues the decoding times, so where one item holds its pictures back for longer than the other the picture
 * stands still and the sound has a hole (95 ms and 30 ms measured between 2 B-frames and none). What reorders less is
 * therefore sent as early as the house format is. Not in a loop, which joins with itself: after the first round a filter
 * takes no more (FFmpeg 5.1: "A non-NULL packet sent after an EOF"), and the picture would stay away.
 */
function sameDelay({ video }: ItemFacts): readonly string[] {
  const missing = HOUSE_REORDER_FRAMES - (video?.hasBFrames ?? HOUSE_REORDER_FRAMES);
  return missing > 0 ? ['-bsf:v', `setts=pts=PTS:dts=DTS-${missing}*DURATION`] : [];
}

function padding(facts: ItemFacts, format: HouseFormat): readonly string[] {
  const rateKbps = paddedRateKbps(facts, format);
  return rateKbps === null ? [] : ['-muxrate', `${rateKbps}k`];
}

/** Maps, filters and encoders that bring an item into the house format; the inputs they need besides the item come first. */
export function transcodeArgv({ facts, format, part, backdrop }: ItemSpec): readonly string[] {
  const { video, audio } = facts;
  const picture = video === null ? pictureInput(format, backdrop) : [];
  const silence = audio === null ? silenceInput() : [];
  const maps = [
    '-map',
    video === null ? '1:v:0' : '0:V:0',
    '-map',
    audio === null ? `${video === null ? 2 : 1}:a:0` : '0:a:0',
  ];
  const isStill = video === null ? backdrop?.facts.video?.still === true : video.still;
  const filters = ['-vf', videoFilter(format, isStill, holdS(facts)), '-af', audioFilter(facts)];
  const cutOff = video !== null && video.startTimeS < 0 && part.cursor.offsetMs === 0 ? -video.startTimeS : 0;
  const begin = cutOff > 0 ? ['-ss', cutOff.toFixed(3)] : [];
  const end = [...lengthLimit(facts, part), '-shortest'];
  return [...picture, ...silence, ...maps, ...filters, ...videoEncoder(format), ...audioEncoder(), ...begin, ...end];
}

/**
 * Picture and sound end together where the file says, or a join would leave a hole in one of them; a sole item's loops
 * go on to the end of the last, wherever that is.
 */
function lengthLimit({ video, audio }: ItemFacts, { lengthMs, loops }: ItemPart): readonly string[] {
  if (lengthMs !== null) return loops > 1 ? [] : ['-t', (lengthMs / 1000).toFixed(3)];
  return video?.still === true && audio === null ? ['-t', String(STILL_SHOWN_S)] : [];
}

/**
 * How long the last picture stands: for as long as the sound goes on beyond it, and a little. No longer, so that an
 * object that breaks off is still seen to end.
 */
function holdS({ video, durationS, extents }: ItemFacts): number {
  if (video === null || durationS === null) return 0;
  return Math.max(0, durationS - (extents?.videoEndS ?? durationS)) + SPARE_S;
}

/** More than a frame of any rate that is worth watching, and than an encoder holds back. */
const SPARE_S = 0.6;

/** Gaps and overlaps in the sound are evened out, so that it stays with the picture. */
const AUDIO_FILTER = 'aresample=async=1000:first_pts=0';

/** Silence where the sound ends before the picture. Without a picture the sound is what ends the item. */
function audioFilter({ video, durationS }: ItemFacts): string {
  if (video === null || video.still)
    return durationS === null ? AUDIO_FILTER : `${AUDIO_FILTER},apad=pad_dur=${SPARE_S}`;
  return `${AUDIO_FILTER},apad`;
}

function slateArgv(format: HouseFormat, source: LocalCopy | null): readonly string[] {
  const sound = source !== null && source.facts.audio !== null && source.facts.video?.still === false;
  const filters =
    source === null ? [] : ['-vf', videoFilter(format, source.facts.video?.still === true), '-af', AUDIO_FILTER];
  return [
    ...pictureInput(format, source),
    ...(sound ? [] : silenceInput()),
    ...['-map', '0:v:0', '-map', sound ? '0:a:0' : '1:a:0'],
    ...filters,
    ...videoEncoder(format, 'ultrafast'),
    ...audioEncoder(),
  ];
}

/** The descriptor a slate or visual is passed on. */
export const BACKDROP_FD = 5;

/** A picture or clip that never ends: the copy on this machine, or one colour. */
export function pictureInput({ width, height, fps }: HouseFormat, copy: LocalCopy | null): readonly string[] {
  if (copy === null) return ['-f', 'lavfi', '-i', `color=c=${SLATE_COLOUR}:s=${width}x${height}:r=${fps}`];
  const loop = copy.facts.video?.still === true ? [] : ['-stream_loop', '-1'];
  const allowed = ['-format_whitelist', MEDIA_FORMAT_WHITELIST, '-protocol_whitelist', LOCAL_MEDIA_PROTOCOLS];
  return [...loop, ...allowed, ...BOUNDED_PICTURE, '-i', `file:/proc/self/fd/${BACKDROP_FD}`];
}

const silenceInput = (): readonly string[] => ['-f', 'lavfi', '-i', `anullsrc=r=${HOUSE_AUDIO.sampleRateHz}:cl=stereo`];

/**
 * Any picture into the house frame: bars where its shape differs, never a stretch. The first picture is shown from the
 * very beginning, the last one for `lastS` longer.
 */
export function videoFilter({ width, height, fps }: HouseFormat, still: boolean, lastS = 0): string {
  const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`;
  const bars = `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`;
  const hold = still ? ['tpad=stop=-1:stop_mode=clone'] : [];
  return [
    'yadif=deint=interlaced',
    'scale=iw*sar:ih',
    fit,
    bars,
    'setsar=1',
    ...hold,
    `fps=${fps}:start_time=0`,
    ...(lastS > 0 && !still ? [`tpad=stop_mode=clone:stop_duration=${lastS.toFixed(3)}`] : []),
    'format=yuv420p',
  ].join(',');
}

/**
 * H.264 as YouTube recommends it: CBR (with filler, so that every item's pipe is equally deep in seconds), closed GOPs
 * of 2 s, 2 B-frames, CABAC, one reference (support.google.com/youtube/answer/2853702).
 */
function videoEncoder({ fps, videoBitrateKbps }: HouseFormat, preset = 'veryfast'): readonly string[] {
  const rate = `${videoBitrateKbps}k`;
  const gop = String(Math.round(fps * HOUSE_GOP_S));
  return [
    ['-c:v', 'libx264', '-preset', preset, '-profile:v', 'high', '-pix_fmt', 'yuv420p'],
    ['-r', String(fps), '-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-flags', '+cgop'],
    ['-bf', '2', '-refs', '1', '-coder', '1'],
    ['-b:v', rate, '-minrate', rate, '-maxrate', rate, '-bufsize', rate, '-x264-params', 'nal-hrd=cbr:force-cfr=1'],
  ].flat();
}

const audioEncoder = (): readonly string[] => [
  '-c:a',
  HOUSE_AUDIO.codec,
  '-profile:a',
  'aac_low',
  '-b:a',
  `${HOUSE_AUDIO.bitrateKbps}k`,
  '-ar',
  String(HOUSE_AUDIO.sampleRateHz),
  '-ac',
  String(HOUSE_AUDIO.channels),
];
