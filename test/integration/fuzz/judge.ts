import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { NO_ARTWORK } from '../../../src/reconcile/model/playout.ts';
import { asItem, inspected, treatmentOf } from '../media/probed.ts';
import { DESIRED, playoutOf } from '../raw-pipeline.ts';
import { decode, type Decoded } from './measure.ts';
import { FRAME } from './samples.ts';

/** What became of a file. */
export interface Verdict {
  readonly kind: 'refused' | 'nothing' | 'copied' | 'sound encoded' | 'encoded';
  /** How long FFmpeg takes the file for by decoding it, seconds. */
  readonly trueS: number;
  /** What a viewer would notice; empty when all is well. */
  readonly faults: readonly string[];
}

const WISH: DesiredSpec = { ...DESIRED, resolution: FRAME, bitrateKbps: 400 };
const LONGEST_GAP_S = 0.3;
/** Two frames of picture and one of sound. */
const APART_S = 0.1;
/** What is copied may end so far apart, see `decideCopy`. */
const ENDS_APART_S = 0.3;
/** What is longer is played up to here. */
const LONGEST_S = 40;
const STILL_S = 10;
/** Of what gives nothing at all, on a machine that is busy; on air it is the daemon that ends it. */
const PATIENCE_S = 10;

/**
 * Looks at the file, decides and plays it as the daemon does, but as fast as it can, and holds what the playout writes
 * against what `ffmpeg -i` makes of the file: both streams flow, together, as long as they are, or there is nothing.
 */
export async function judgeFile(path: string, dir: string): Promise<Verdict> {
  const facts = await inspected(path);
  const isRawAac = facts.kind === 'ok' && facts.value.formatName === 'aac';
  const truth = await decode(path, dir, isRawAac ? BY_ITS_SAMPLES : []);
  const decodedS = Math.max(truth.picture.endS, truth.sound.endS);
  if (facts.kind === 'failed') return { kind: 'refused', trueS: decodedS, faults: [] };
  const spec = asItem(facts.value, NO_ARTWORK, WISH);
  const trueS = isStill(facts.value) ? STILL_S : decodedS;
  const lengthS = Math.min(trueS, LONGEST_S);
  const startMs = performance.now();
  const bytes = await playoutOf(spec, path, { more: ['-t', String(LONGEST_S)] }).catch(() => Buffer.alloc(0));
  const tookS = (performance.now() - startMs) / 1000;
  if (bytes.length <= TABLES_BYTES) {
    return { kind: 'nothing', trueS, faults: tookS > PATIENCE_S ? [`nothing within ${tookS.toFixed(0)} s`] : [] };
  }
  const written = join(dir, 'written.ts');
  writeFileSync(written, bytes);
  const { picture, sound } = await decode(written, dir);
  const begin = Math.abs((picture.beginS ?? Infinity) - (sound.beginS ?? Infinity));
  const seenS = Math.max(picture.endS, sound.endS);
  const lagsS = [
    ...(facts.value.video === null ? [] : lags(truth.picture, picture, lengthS)),
    ...lags(truth.sound, sound, lengthS),
  ];
  return {
    kind: treatmentOf(spec),
    trueS,
    faults: [
      ...flowFaults('picture', picture),
      ...flowFaults('sound', sound),
      ...(begin <= APART_S ? [] : [`they begin ${begin.toFixed(2)} s apart`]),
      ...within('they end apart', picture.endS, sound.endS, ENDS_APART_S),
      ...within('its length', seenS, lengthS, LENGTH_OFF_S),
      ...(lagsS.length === 0 ? [] : within('their claps', Math.max(...lagsS), Math.min(...lagsS), CLAPS_APART_S)),
    ],
  };
}

/** A playout that has nothing to send may still write the tables of its container. */
const TABLES_BYTES = 1_000;
/** Raw AAC has no time stamps: those that FFmpeg makes up also count frames that cannot be decoded. */
const BY_ITS_SAMPLES = ['-fflags', '+nofillin'];
/** Time stamps that run faster than the samples are followed from a tenth of a second on. */
const CLAPS_APART_S = 0.15;
const LENGTH_OFF_S = 0.25;

const isStill = ({ video, audio }: ItemFacts): boolean => video?.still === true && audio === null;

const flowFaults = (name: string, { beginS, gaps, squeezes }: Decoded): string[] => [
  ...(beginS === null ? [`no ${name}`] : []),
  ...squeezes.slice(0, 1).map(({ fromS }) => `more ${name} than there is time for at ${fromS.toFixed(2)} s`),
  ...gaps
    .filter(({ lengthS }) => lengthS > LONGEST_GAP_S)
    .map(({ atS, lengthS }) => `no ${name} for ${lengthS.toFixed(2)} s before ${atS.toFixed(2)} s`),
];

const within = (what: string, found: number, wanted: number, toleranceS: number): string[] =>
  Math.abs(found - wanted) <= toleranceS ? [] : [`${what}: ${found.toFixed(2)} s, ${wanted.toFixed(2)} s`];

/**
 * How much later each clap of the file is on air. One may be lost with what lies too close together, or near the ends:
 * a clap on air is that of the file which is nearest, and no other. What jumps back, or is all at one moment, is on air at
 * another place.
 */
function lags(truth: Decoded, onAir: Decoded, lengthS: number): number[] {
  const firstS = Math.max(0, truth.beginS ?? 0) + 0.2;
  const isSqueezed = (atS: number): boolean =>
    truth.squeezes.some(({ fromS, toS }) => atS > fromS - SAME_CLAP_S && atS < toS + SAME_CLAP_S);
  const wantedS = truth.goesBack
    ? []
    : truth.clapsS.filter((atS) => atS > firstS && atS < lengthS - 0.3 && !isSqueezed(atS));
  const lagsS = wantedS.map((atS) => nearest(onAir.clapsS, atS) - atS);
  const foundS = lagsS.filter((lagS, i) => {
    const atS = wantedS[i] ?? NaN;
    return Math.abs(lagS) < SAME_CLAP_S && nearest(truth.clapsS, atS + lagS) === atS;
  });
  return foundS.length * 2 < wantedS.length ? lagsS : foundS;
}

const nearest = (placesS: readonly number[], atS: number): number =>
  placesS.reduce((best, placeS) => (Math.abs(placeS - atS) < Math.abs(best - atS) ? placeS : best), Infinity);

const SAME_CLAP_S = 0.4;
