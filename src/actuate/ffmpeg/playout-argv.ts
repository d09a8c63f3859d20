import { clipInput } from './clip-argv.ts';
import { isReadAsList, mediaArgs, type MediaInput, QUIET, SECOND_ADDRESS_FD } from './media-input.ts';
import { packetListArgs } from './packet-list-argv.ts';
import {
  BT709_TAGS,
  endlessPicture,
  type Filters,
  pictureInput,
  pictureOf,
  videoEncoder,
  videoFilter,
} from './picture-argv.ts';
import {
  audioEncoder,
  firstSample,
  HOUSE_SAMPLES,
  itemInputs,
  silenceInput,
  SLATE_SOUND,
  soundAsItIs,
  soundFrom,
  soundOf,
} from './sound-argv.ts';
import type { ItemFacts } from '../../reconcile/model/item.ts';
import type { HouseFormat, ItemPart, ItemSpec, PlayoutSpec, SlateSpec } from '../../reconcile/model/playout.ts';
import { soundsAsSlate } from '../../reconcile/playout/clip.ts';
import { HOUSE_AUDIO, HOUSE_REORDER_FRAMES } from '../../reconcile/playout/house-format.ts';
import { paddedRateKbps } from '../../reconcile/playout/record.ts';
import { liesApart } from '../../reconcile/playout/spec.ts';

/**
 * How every playout muxes, so that joins are seamless. Each flag is load-bearing and has a test that fails without it:
 * no start delay, or a kill costs 250 ms of sound; complete PES lengths, or frames cut off by a kill are published; a
 * discontinuity mark at the beginning, or an item's last large frame is dropped; each stream waits for the other however
 * long one of them pauses (FFmpeg's own patience is 10 s), or an item that ends then leaves them apart.
 */
const JOINABLE_MPEGTS = [
  ['-f', 'mpegts'],
  ['-muxdelay', '0'],
  ['-omit_video_pes_length', '0'],
  ['-mpegts_flags', '+initial_discontinuity'],
  ['-max_interleave_delta', '0'],
].flat();

const STILL_SHOWN_S = 10;
const AAC_FRAME_SAMPLES = 1024;

/** FFmpeg appends its progress to this descriptor, the one after those it reads, so that the daemon can empty the file meanwhile. */
export const PLAYOUT_PROGRESS = 'pipe:7';

/** The arguments of one playout, without the program's name. `input`: null for the slate. Pure. */
export function playoutArgv(
  spec: PlayoutSpec,
  input: MediaInput | null,
  filters: Filters,
  progress: string = PLAYOUT_PROGRESS,
): readonly string[] {
  const common = [...QUIET, '-progress', progress, '-stats_period', '0.5'];
  if (spec.kind === 'slate' || input === null) {
    const slate = spec.kind === 'slate' ? spec : { format: spec.format, source: null, clip: null };
    return [...common, ...slateArgv(slate, filters), ...JOINABLE_MPEGTS, 'pipe:1'];
  }
  const item = [...itemArgv(spec, input, filters), ...JOINABLE_MPEGTS, 'pipe:1'];
  return [...common, ...item, ...packetListArgs(spec, progress)];
}

/**
 * The item's inputs, filters, maps and encoders: all but how it is reported and where it goes. `to`: on air a copy is
 * made to fit what comes before and after it, in a file it is left as it is.
 */
export function itemArgv(
  spec: ItemSpec,
  input: MediaInput,
  filters: Filters,
  to: 'air' | 'file' = 'air',
): readonly string[] {
  const { part, facts, format } = spec;
  return [
    ...itemInput(part, input, facts),
    ...(liesApart(facts) ? itemInput(part, input, facts, SECOND_ADDRESS_FD) : []),
    ...(spec.clip !== null
      ? songOverClip(spec)
      : part.picture === 'copy'
        ? copiedPicture(spec, to)
        : [...encodedStreams(spec, filters), ...videoEncoder(format), ...audioEncoder()]),
  ];
}

/** Input options for the item on stdin, or on the descriptor `fd`, from the cursor's place on. */
export function itemInput(part: ItemPart, input: MediaInput, facts: ItemFacts, fd = 0): readonly string[] {
  const loop = part.loops > 1 ? ['-stream_loop', String(part.loops - 1)] : [];
  // A copied picture begins at the key frame before the place, so its sound must begin there, too.
  const roughly =
    facts.video !== null && part.picture === 'copy' && part.sound === 'transcode' ? ['-noaccurate_seek'] : [];
  const seek = part.cursor.offsetMs > 0 ? ['-ss', (part.cursor.offsetMs / 1000).toFixed(3), ...roughly] : [];
  const limit = part.cut && part.lengthMs !== null ? ['-t', (part.lengthMs / 1000).toFixed(3)] : [];
  // Frames that an edit list leaves out stand before zero. FFmpeg would move them to zero, and the rest of the item with them.
  const isPictureCut = part.picture === 'transcode' && (facts.video?.startTimeS ?? 0) < 0;
  const isSoundCut = part.sound === 'transcode' && (facts.audio?.startTimeS ?? 0) < 0;
  const zero = (isPictureCut || isSoundCut) && isReadAsList(facts) ? ['-seek_timestamp', '1'] : [];
  const times = facts.formatName === 'aac' && seek.length === 0 ? BY_ITS_SAMPLES : [];
  return [...loop, ...zero, ...seek, ...limit, ...times, ...mediaArgs(input, facts, fd)];
}

/**
 * Raw AAC has no time stamps, and FFmpeg makes them up by the sample rate of the beginning: 3 s at half of that rate
 * would be squeezed into 1.5 s. Told to make up none, it counts the samples. Not where a place is sought in the item, as
 * that is found by these time stamps.
 */
const BY_ITS_SAMPLES = ['-fflags', '+nofillin'];

/**
 * A clip in house format is copied, turn after turn, until the song ends, whatever length the file says the song has.
 * FFmpeg 5.1 ends the picture where the sound ends only if it has read no further in the picture by then. It reads as far
 * ahead as the picture is sent early; the `setts` of the picture holds one frame back, and one more is under way. So the
 * sound has to be held back for longer: each `setts` holds one of its packets. Measured after a song at 30 frames a
 * second: 91 ms without sound at the join with none of them, 31 ms with three or more.
 */
function songOverClip({ facts, format }: ItemSpec): readonly string[] {
  const picture = ['-map', '1:V:0', '-c:v', 'copy', ...sentAt('PTS', HOUSE_REORDER_FRAMES)];
  const sound = ['-filter_complex', `${soundFrom(soundOf(facts), 2)}[a]`, '-map', '[a]', ...audioEncoder()];
  const aheadS = (HOUSE_REORDER_FRAMES + 2) / format.fps;
  const packets = Math.ceil((aheadS * HOUSE_AUDIO.sampleRateHz) / AAC_FRAME_SAMPLES);
  const heldBack = ['-bsf:a', Array.from({ length: packets }, () => 'setts').join(',')];
  return [...clipInput(), ...firstSample(), ...picture, ...sound, ...heldBack, '-shortest'];
}

/** The picture copied, and a sound that ends with it. */
function copiedPicture({ facts, format, part }: ItemSpec, to: 'air' | 'file'): readonly string[] {
  const delay =
    part.loops > 1 || to === 'file' ? 0 : HOUSE_REORDER_FRAMES - (facts.video?.hasBFrames ?? HOUSE_REORDER_FRAMES);
  const picture = ['-map', pictureOf(facts), '-c:v', 'copy'];
  const rateKbps = to === 'file' ? null : paddedRateKbps(facts, format);
  const rate = rateKbps === null ? [] : ['-muxrate', `${rateKbps}k`];
  if (part.sound === 'copy')
    return [...picture, '-map', soundOf(facts), '-c:a', 'copy', ...sentAt('PTS', delay), ...rate];
  const resumed = part.cursor.offsetMs > 0;
  const end = [...audioEncoder(), '-shortest', ...rate];
  if (facts.audio === null) {
    // Silence begins at zero, so the picture has to; where that is, is known only when its key frame comes.
    const begin = sentAt(resumed ? 'PTS-STARTPTS' : 'PTS', delay);
    return [...silenceInput(), ...picture, '-map', '1:a:0', ...begin, ...end];
  }
  const sent = sentAt('PTS', delay);
  if (resumed) {
    // Picture and sound begin before zero, at the key frame, and -shortest would count from there (FFmpeg 5.1).
    const endS = ((part.cut ? part.lengthMs : null) ?? pictureEndMs(facts) - part.cursor.offsetMs) / 1000;
    const filter = ['-filter_complex', `${soundAsItIs(soundOf(facts))},apad,atrim=end=${endS.toFixed(3)}[a]`];
    return [...picture, ...filter, '-map', '[a]', ...sent, ...audioEncoder(), ...rate];
  }
  // -shortest leaves one frame of sound too many, by which the next item's picture would come later.
  const lengthMs = part.loops > 1 ? 0 : ((part.cut ? part.lengthMs : null) ?? pictureEndMs(facts));
  const trim = lengthMs > 0 ? `,atrim=end_sample=${wholeSoundFrames(lengthMs)}` : '';
  const filter = ['-filter_complex', `${soundFrom(soundOf(facts), itemInputs(facts))},apad${trim}[a]`];
  return [...firstSample(), ...picture, ...filter, '-map', '[a]', ...sent, ...end];
}

/** Samples of sound that last no longer than this, in whole frames of AAC: the encoder fills up the last one. */
const wholeSoundFrames = (lengthMs: number): number =>
  Math.floor(((lengthMs / 1000) * HOUSE_AUDIO.sampleRateHz) / AAC_FRAME_SAMPLES) * AAC_FRAME_SAMPLES;

/** 0 = not known. Only an item whose length is known is resumed. */
const pictureEndMs = ({ extents, durationS }: ItemFacts): number => (extents?.videoEndS ?? durationS ?? 0) * 1000;

/**
 * Sends a copied picture as early as the house format's. A join continues the decoding times: where one item reorders over
 * more frames than the other, the picture stands still and the sound has a hole (95 ms and 30 ms measured between 2
 * B-frames and none). Not in a loop, which joins with itself: after the first round a bitstream filter takes no
 * more packets (FFmpeg 5.1: "A non-NULL packet sent after an EOF"), and there would be no picture.
 */
function sentAt(pts: 'PTS' | 'PTS-STARTPTS', delayFrames: number): readonly string[] {
  if (pts === 'PTS' && delayFrames <= 0) return [];
  const delay = delayFrames > 0 ? `-${delayFrames}*DURATION` : '';
  return ['-bsf:v', `setts=pts=${pts}:dts=${pts.replace('PTS', 'DTS')}${delay}`];
}

/**
 * The inputs besides the item, and the filters that bring all of them into the house format. Both streams begin at zero
 * and end together, whatever the file says of its lengths, and whatever is missing, late, early or pauses: docs/media.md
 * lists each kind of media and what became of it.
 */
function encodedStreams({ facts, format, backdrop }: ItemSpec, filters: Filters): readonly string[] {
  if (facts.video === null) {
    const under = `[1:v]${endlessPicture(format, backdrop, filters)}[under]`;
    const graph = `${under};${soundFrom(soundOf(facts), 2)},asplit[a][clock];${pacedBySound(format)}`;
    const inputs = [...pictureInput(format, backdrop), ...firstSample()];
    return [...inputs, '-filter_complex', graph, '-map', '[v]', '-map', '[a]'];
  }
  if (facts.audio === null) {
    const filter = videoFilter(format, facts.video, facts.video.still, filters);
    const end = facts.video.still ? ['-t', String(STILL_SHOWN_S)] : [];
    return [...silenceInput(), '-map', pictureOf(facts), '-map', '1:a:0', '-vf', filter, ...end, '-shortest'];
  }
  const picture = `[${pictureOf(facts)}]${videoFilter(format, facts.video, false, filters)},setfield=prog[v0]`;
  const graph = `${picture};${soundFrom(soundOf(facts), itemInputs(facts))}[a0];${endingTogether(format)}`;
  return [...firstSample(), '-filter_complex', graph, '-map', '[v]', '-map', '[a]'];
}

/**
 * Lets picture and sound end together without knowing how long the item is. The concat filter joins the item with a marker
 * of one frame, and so fills up a sound that ends before its picture. The last picture then stands until the marker, which
 * `select` takes out by its interlacing, a property that no other frame has. A picture that would begin within the last
 * tenth of a frame's time is left out: the sound is padded to whole AAC frames.
 */
function endingTogether({ width, height, fps }: HouseFormat): string {
  const picture = `color=c=black:s=${width}x${height}:r=${fps},trim=end_frame=1,format=yuv420p,setsar=1,${BT709_TAGS},setfield=tff[v1]`;
  const sound = `anullsrc=r=${HOUSE_AUDIO.sampleRateHz}:cl=stereo,atrim=end_sample=1,${HOUSE_SAMPLES}[a1]`;
  const hold = `[v2]setpts=PTS-0.4/${fps}/TB,fps=${fps},select='eq(interlace_type\\,0)',${LATE_ARE_DROPPED}[v]`;
  return `${picture};${sound};[v0][a0][v1][a1]concat=n=2:v=1:a=1[v2][a];${hold}`;
}

/**
 * For a picture of another size FFmpeg makes its filters anew in mid-item. They then produce all frames from zero on, and
 * FFmpeg drops those that were sent already, all but one: it tolerates up to a frame's time of difference. The picture
 * would stay late by that frame. With every frame 0.65 of a frame early that one is dropped as well, and no other.
 */
const LATE_ARE_DROPPED = 'settb=intb/20,setpts=PTS-13';

/**
 * Lets the picture end with the sound, to the frame: the sound is drawn as a picture of four pixels outside the visible
 * one, and the overlay ends with it. `-shortest` would leave half a second of picture more (FFmpeg 5.1).
 */
const pacedBySound = ({ width, fps }: HouseFormat): string =>
  `[clock]showwaves=s=2x2:rate=${fps},format=yuv420p[end];[under][end]overlay=x=${width}:shortest=1,format=yuv420p[v]`;

function slateArgv({ format, source, clip }: Omit<SlateSpec, 'kind'>, filters: Filters): readonly string[] {
  if (clip !== null) {
    const picture = ['-map', '0:V:0', '-c:v', 'copy', ...sentAt('PTS', HOUSE_REORDER_FRAMES)];
    return [...clipInput(), ...silenceInput(), ...picture, '-map', '1:a:0', ...audioEncoder(), '-shortest'];
  }
  const sound = soundsAsSlate(source);
  const filtered = ['-vf', endlessPicture(format, source, filters), ...(source === null ? [] : ['-af', SLATE_SOUND])];
  return [
    ...pictureInput(format, source),
    ...(sound ? [] : silenceInput()),
    ...['-map', '0:v:0', '-map', sound ? '0:a:0' : '1:a:0'],
    ...filtered,
    ...videoEncoder(format, { preset: 'ultrafast' }),
    ...audioEncoder(),
  ];
}
