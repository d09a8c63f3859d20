import { listProtocols, type MediaInput } from './media-input.ts';
import { BOUNDED_PICTURE, pictureInput, videoEncoder, videoFilter } from './picture-argv.ts';
import { AUDIO_FILTER, audioEncoder, audioFilter, silenceInput, SPARE_S } from './sound-argv.ts';
import type { ItemFacts, LocalCopy } from '../../reconcile/model/item.ts';
import type { HouseFormat, ItemPart, ItemSpec, PlayoutSpec } from '../../reconcile/model/playout.ts';
import { HOUSE_REORDER_FRAMES } from '../../reconcile/playout/house-format.ts';
import { paddedRateKbps } from '../../reconcile/playout/record.ts';

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
