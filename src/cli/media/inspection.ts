import type { Requests } from '../../observe/probe/container/mp4-requests.ts';
import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import type { ItemFacts } from '../../reconcile/model/item.ts';
import { type CopyDecision, round } from '../../reconcile/playout/copy-decision.ts';
import { hdrOf } from '../../reconcile/playout/colours.ts';
import { houseFormat } from '../../reconcile/playout/house-format.ts';
import { printable } from '../../text/terminal.ts';
import { duration, sizeText } from '../../text/units.ts';

/** What playing an item takes of this machine's processor, in cores while it is on air. */
export type Cost =
  /** A piece of the item, or of a test picture, was encoded here and the processor's time counted. */
  | { readonly kind: 'measured'; readonly cores: number; readonly sampleS: number }
  /** Known from elsewhere. */
  | { readonly kind: 'known'; readonly cores: number }
  | { readonly kind: 'unknown'; readonly why: string };

/** All that `media inspect` tells of an object. */
export interface Inspection {
  readonly facts: ItemFacts;
  readonly desired: DesiredSpec;
  /** Where `desired` is from, such as `desired.yaml`. */
  readonly desiredFrom: string;
  readonly verdict: CopyDecision;
  readonly cost: Cost;
  /** null = the store is not asked, or nothing tells how often. */
  readonly requests: Requests | null;
  /** Processors that this machine has for it. */
  readonly machineCores: number;
  /** The object is HDR, and this FFmpeg cannot make SDR of it: it would be sent with wrong colours. */
  readonly wrongColours: boolean;
}

/** Copying was measured at 0.8 % of a core for 3 Mbit/s. */
export const COPY_COST: Cost = { kind: 'known', cores: 0.01 };

/** A copied picture, its sound encoded: measured for 720p at 3 Mbit/s. */
export const SOUND_COST: Cost = { kind: 'known', cores: 0.04 };

/** The inspection for people. */
export function inspectionLines(inspection: Inspection): string[] {
  const { facts, desired, desiredFrom, verdict } = inspection;
  const length = facts.durationS === null ? 'length unknown' : duration(facts.durationS * 1000);
  const { width, height, fps } = houseFormat(desired);
  const size = `${width}x${height}, ${round(fps)} fps, at most ${desired.bitrateKbps} kbit/s, encode: ${desired.encode}`;
  const because = verdict.mode === 'copy' ? 'although' : 'because';
  return [
    `${printable(facts.key)}: ${sizeText(facts.sizeBytes)}, ${length}, ${facts.formatName}`,
    row('video', videoText(facts)),
    ...coloursText(inspection).map((text) => row('colours', text)),
    row('bitrate', bitrateText(facts, desired)),
    row('sound', soundText(facts)),
    ...requestsText(inspection).map((text) => row('requests', text)),
    row('wished', `${size} (${desiredFrom})`),
    row('verdict', verdictText(verdict)),
    ...verdict.reasons.map((reason, i) => row(i === 0 ? because : '', reason)),
    row('cost', costText(inspection)),
    row('to do', adviceOf(inspection)),
  ].map(printable);
}

/** The inspection for programs. */
export function inspectionJson(inspection: Inspection): object {
  const { facts, desired, desiredFrom, verdict, cost, requests, machineCores, wrongColours } = inspection;
  const { resolution, fps, bitrateKbps, encode } = desired;
  return {
    ...facts,
    wish: { from: desiredFrom, resolution, fps, bitrateKbps, encode },
    verdict,
    cost,
    requests: requests === null ? null : { ...requests, perS: perSecond(inspection) },
    machineCores,
    tooSlow: isTooSlow(inspection),
    wrongColours,
    advice: adviceOf(inspection),
  };
}

const LABEL_COLUMNS = 11;
const row = (label: string, text: string): string => `  ${label.padEnd(LABEL_COLUMNS)}${text}`;

function videoText({ video }: ItemFacts): string {
  if (video === null) return 'none: the visual or the slate is shown';
  const { codec, profile, width, height, fps, pixelFormat, progressive, hasBFrames, maxKeyframeGapS } = video;
  if (video.still) return `a still picture, ${codec}, ${width}x${height}`;
  const rate = fps === 0 ? 'frame rate unknown' : `${round(fps)} fps${video.variableFrameRate ? ' (variable)' : ''}`;
  const parts = [
    `${codec} ${profile}`.trim(),
    `${width}x${height}`,
    rate,
    pixelFormat,
    progressive ? 'progressive' : 'interlaced or unknown',
    ...(video.sampleAspect === 1 ? [] : [`pixel aspect ${round(video.sampleAspect)}`]),
    ...(video.rotation === 0 ? [] : [`rotated by ${video.rotation} degrees`]),
    `reordered over ${hasBFrames} frames`,
    // Key frames are looked for only in a picture that may be copied.
    maxKeyframeGapS === null ? 'key frames unknown' : `key frames up to ${round(maxKeyframeGapS)} s apart`,
  ];
  return parts.join(', ');
}

/** Nothing of ordinary colours: only HDR is worth a line. */
function coloursText({ facts, verdict, wrongColours }: Inspection): string[] {
  const hdr = hdrOf(facts.video);
  if (hdr === null) return [];
  if (verdict.picture === 'copy') return [`HDR (${hdr}), sent as it is`];
  return [
    wrongColours ? `HDR (${hdr}), sent with wrong colours: ${NO_TONE_MAPPING}` : `HDR (${hdr}), tone mapped to SDR`,
  ];
}

const NO_TONE_MAPPING = 'this FFmpeg has no zscale';

function bitrateText({ video, sizeBytes, durationS }: ItemFacts, desired: DesiredSpec): string {
  const meanKbps = durationS === null || durationS <= 0 ? null : (sizeBytes * 8) / 1000 / durationS;
  const own = video?.bitrateKbps ?? null;
  const found =
    own !== null
      ? `video ${Math.round(own)} kbit/s`
      : meanKbps !== null
        ? `${Math.round(meanKbps)} kbit/s, the mean of the file with its sound`
        : 'unknown';
  return `${found}; bitrate: ${desired.bitrateKbps}k`;
}

function soundText({ audio }: ItemFacts): string {
  if (audio === null) return 'none: silence is sent';
  const track = audio.track === undefined ? '' : `, track ${audio.track + 1}`;
  return `${`${audio.codec} ${audio.profile}`.trim()}, ${audio.sampleRateHz} Hz, ${audio.channels} channels${track}`;
}

function requestsText(inspection: Inspection): string[] {
  const { requests, facts } = inspection;
  if (requests === null) return [];
  const rate = perSecond(inspection);
  const inAll = rate === null ? '' : `, ${rate} a second`;
  const over =
    requests.connections === 1 ? 'over one connection' : `over ${requests.connections} connections at a time`;
  const apart = facts.apartS === undefined ? 'some of its picture lies far from its sound' : apartText(facts.apartS);
  const why = asksOften(inspection) || facts.apartS !== undefined ? `: ${apart}` : '';
  return [`about ${requests.requests} to the store in all${inAll}, ${over}${why}`];
}

const apartText = (apartS: number): string => `picture and sound lie ${apartS} s apart in it`;

/** null = its length is not known. */
const perSecond = ({ requests, facts: { durationS } }: Inspection): number | null =>
  requests === null || durationS === null || durationS <= 0
    ? null
    : Number((requests.requests / durationS).toPrecision(2));

/**
 * Whether playing the item makes more requests than usual. A usual item makes one, or three where its index lies at its end;
 * each further one costs a round trip, and the bytes that were under way.
 */
const asksOften = ({ requests }: Inspection): boolean =>
  requests !== null && requests.requests > USUAL_REQUESTS * requests.connections;

const USUAL_REQUESTS = 3;

/** Whether encoding it takes more cores than this machine has. On air it would fall behind, or be passed over. */
const isTooSlow = ({ cost, machineCores }: Inspection): boolean => cost.kind !== 'unknown' && cost.cores > machineCores;

function costText(inspection: Inspection): string {
  const { cost, verdict, machineCores } = inspection;
  switch (cost.kind) {
    case 'measured':
      return `${coresText(cost.cores)} while on air${isTooSlow(inspection) ? `, too slow for this machine, which has ${machineCores}` : ''} (${round(cost.sampleS)} s of it were encoded here, and the processor's time counted)`;
    case 'known':
      return `${coresText(cost.cores)} while on air, as of ${verdict.mode === 'copy' ? 'anything copied' : 'any whose sound alone is encoded'}`;
    case 'unknown':
      return `not known (${cost.why})${verdict.mode === 'copy' ? '' : '; an encode of 720p30 takes about half a core'}`;
  }
}

const verdictText = ({ mode, picture }: CopyDecision): string =>
  picture === 'copy' && mode !== 'copy' ? 'copy, its sound encoded' : mode;

const coresText = (cores: number): string => `about ${cores < 0.1 ? cores.toFixed(2) : cores.toFixed(1)} of a core`;

function adviceOf(inspection: Inspection): string {
  const { facts, desired, verdict, wrongColours } = inspection;
  if (verdict.picture === 'copy') return asksOften(inspection) ? PUT_TOGETHER : 'nothing';
  if (wrongColours) return 'convert it to SDR elsewhere, or use an FFmpeg with zscale (libzimg)';
  if (desired.encode === 'transcode')
    return 'desired.yaml says encode: transcode; with encode: auto what fits is copied';
  return `streamctl media prepare ${shellWord(facts.key)}`;
}

const PUT_TOGETHER = 'put picture and sound together: ffmpeg -i OLD -c copy -movflags +faststart NEW';

/** As typed in a shell; a key with a leading dash comes after `--`. */
export function shellWord(text: string): string {
  return text.startsWith('-') ? `-- ${quotedWord(text)}` : quotedWord(text);
}

/** In quotes where a shell needs them. */
export const quotedWord = (text: string): string =>
  /^[\p{L}\p{N}_./:@%+=,-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
