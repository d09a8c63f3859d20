import { generated } from './media-input.ts';
import type { ItemFacts } from '../../reconcile/model/item.ts';
import { HOUSE_AUDIO } from '../../reconcile/playout/house-format.ts';
import { liesApart } from '../../reconcile/playout/spec.ts';

/** Brings samples into the layout of the house format. */
export const HOUSE_SAMPLES = 'aformat=sample_fmts=fltp:channel_layouts=stereo';

/**
 * Sound from zero on, gaps and overlaps evened out, so that it stays with the picture. It begins with one sample of
 * silence, and the gap from there to the item's own sound is filled. `first_pts=0` would not do: FFmpeg makes the graph
 * anew when the item's sound changes its parameters, and would fill the gap again (measured: 50 s of surplus sound). The
 * sample comes from an input for the same reason: an input is not read twice.
 */
export function soundFrom(stream: string, firstSampleInput: number): string {
  const item = `${soundAsItIs(stream)}[s]`;
  return `[${firstSampleInput}:a]${HOUSE_SAMPLES}[z];${item};[z][s]concat=n=2:v=0:a=1,aresample=async=1:min_hard_comp=0.005`;
}

/** The item's sound among the streams of its inputs. */
export const soundOf = (facts: ItemFacts): string => `${itemInputs(facts) - 1}:a:${facts.audio?.track ?? 0}`;

/** How many inputs the item itself takes; the other inputs come after them. */
export const itemInputs = (facts: ItemFacts): number => (liesApart(facts) ? 2 : 1);

/**
 * The item's sound in house samples, gaps and overlaps evened out, from wherever it begins. `flags=res` has it resampled from
 * the beginning on: sound at the house's rate already would be from its first drift on, and what waits then is lost (measured
 * behind a gap of 0.4 s: sound 0.15 s early). That costs under 0.1 % of a core.
 */
export const soundAsItIs = (stream: string): string =>
  `[${stream}]aresample=${HOUSE_AUDIO.sampleRateHz}:async=1000:flags=res,${HOUSE_SAMPLES}`;

/** The input that `soundFrom` begins with. */
export const firstSample = (): readonly string[] =>
  generated(`anullsrc=r=${HOUSE_AUDIO.sampleRateHz}:cl=stereo:n=1,atrim=end_sample=1`);

/** Fills the gap that a slate has where it begins anew. */
export const SLATE_SOUND = 'aresample=async=1000:first_pts=0';

/** Silence without end. */
export const silenceInput = (): readonly string[] => generated(`anullsrc=r=${HOUSE_AUDIO.sampleRateHz}:cl=stereo`);

/** Encodes sound into the house format. */
export const audioEncoder = (): readonly string[] => [
  ...['-c:a', HOUSE_AUDIO.codec, '-profile:a', 'aac_low', '-b:a', `${HOUSE_AUDIO.bitrateKbps}k`],
  ...['-ar', String(HOUSE_AUDIO.sampleRateHz), '-ac', String(HOUSE_AUDIO.channels)],
];
