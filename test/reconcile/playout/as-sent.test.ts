import { describe, expect, it } from 'vitest';
import type { ItemRecord, SentPackets } from '../../../src/reconcile/model/run.ts';
import { factsAsSent } from '../../../src/reconcile/playout/as-sent.ts';
import { decideCopy } from '../../../src/reconcile/playout/copy-decision.ts';
import { houseFormat } from '../../../src/reconcile/playout/house-format.ts';
import { contradictedConditions } from '../../../src/reconcile/programme/contradicted.ts';
import {
  copyableFacts,
  factsOf,
  healthyWorld,
  mediaTables,
  ok,
  planOf,
  playedAs,
  playoutRun,
  SETTINGS,
  SPEC,
} from '../world-builder.ts';

const FORMAT = houseFormat(SPEC);
const FILM = copyableFacts('rain.mp4', { extents: { videoEndS: 600, audioStartS: 0, audioEndS: 600 } });
const AS_TOLD: SentPackets = {
  keyframeGapS: 2,
  pictureStepS: 0.04,
  soundStepS: 0.023,
  reorderFrames: 2,
  parametersChange: false,
};
const played = playedAs(
  FILM,
  SPEC,
  { round: 0, index: 0, key: 'rain.mp4', offsetMs: 0 },
  { urlTtlMs: SETTINGS.urlTtlMs, sole: false },
);
const RECORD = playoutRun(played).record as ItemRecord;
const mended = (sent: Partial<SentPackets>, { record = RECORD, encode = SPEC.encode } = {}) =>
  factsAsSent(FILM, { ...AS_TOLD, ...sent }, record, FORMAT, encode);

describe('an item that is copied', () => {
  it('is what it was taken for while its packets are', () => {
    expect(mended({})).toBeNull();
  });

  it.each([
    ['key frames come too seldom', { keyframeGapS: 12.5 }, 'key frames up to 12.5 s apart, wished at most 4 s'],
    ['pictures are reordered too far', { reorderFrames: 3 }, 'pictures reordered over 3 frames, wished at most 2'],
    ['the picture pauses', { pictureStepS: 0.8 }, 'pictures up to 0.8 s apart'],
    ['the sound pauses', { soundStepS: 1.4 }, 'sound pauses for 1.4 s'],
    ['parameter sets change', { parametersChange: true }, 'its parameter sets change within it'],
  ])('is another where %s, and encoded for that', (_, sent, reason) => {
    const facts = mended(sent);
    expect(facts?.contradicted).toContain(reason);
    expect(facts === null ? null : decideCopy(facts, FORMAT, 'auto').mode).toBe('transcode');
  });

  it('stays what it is where desired.yaml says that it is copied', () => {
    expect(mended({ keyframeGapS: 12.5 }, { encode: 'copy' })).toBeNull();
  });

  it('may pause where a loop begins anew', () => {
    const record: ItemRecord = { ...RECORD, durationMs: 60_000, lengthMs: 600_000 };
    expect(mended({ pictureStepS: 0.4 }, { record })).toBeNull();
    expect(mended({ keyframeGapS: 12.5 }, { record })).not.toBeNull();
  });
});

describe('a plan', () => {
  const onAir = (sent: SentPackets | null, version = FILM.version) => {
    const { observation, ...rest } = healthyWorld();
    const facts = mediaTables({ 'rain.mp4': ok({ ...FILM, version }), 'snow.mp4': ok(factsOf('snow.mp4')) }).facts;
    const { runs } = observation;
    if (runs.kind !== 'known') throw new Error('the runs are not known');
    const playouts = [playoutRun(played, { sent }), ...runs.value.playouts.slice(1)];
    const media = { ...observation.media, facts };
    return { ...rest, observation: { ...observation, media, runs: { ...runs, value: { ...runs.value, playouts } } } };
  };
  const mends = (sent: SentPackets | null, version?: string) =>
    planOf(onAir(sent, version)).actions.filter(({ kind }) => kind === 'mendFacts');

  it('mends the facts of an item that sends other packets, once', () => {
    expect(mends(null)).toEqual([]);
    expect(mends(AS_TOLD)).toEqual([]);
    const [mend, ...more] = mends({ ...AS_TOLD, keyframeGapS: 9 });
    expect(more).toEqual([]);
    expect(mend).toMatchObject({ facts: { key: 'rain.mp4', video: { maxKeyframeGapS: 9 } } });
  });

  it('leaves the facts of another version as they are', () => {
    expect(mends({ ...AS_TOLD, keyframeGapS: 9 }, 'another')).toEqual([]);
  });

  it('replaces what is copied and should not be, and says why', () => {
    const facts = mended({ keyframeGapS: 9 });
    if (facts === null) throw new Error('nothing was mended');
    const { observation, ...rest } = onAir(AS_TOLD);
    const media = { ...observation.media, facts: new Map([['rain.mp4', ok(facts)]]) };
    const plan = planOf({ ...rest, observation: { ...observation, media } });
    expect(plan.rules.playout).toBe('playout-replace');
    expect(plan.conditions).toContainEqual(
      expect.objectContaining({
        type: 'MediaAsInspected',
        status: 'False',
        reason: 'MediaContradicted',
        message: expect.stringContaining('"rain.mp4": key frames up to 9 s apart'),
      }),
    );
  });

  it('says nothing of what is not wished', () => {
    const facts = mended({ keyframeGapS: 9 });
    if (facts === null) throw new Error('nothing was mended');
    const media = { ...mediaTables({}), facts: new Map([['rain.mp4', ok(facts)]]) };
    expect(contradictedConditions({ ...SPEC, media: { kind: 'key', key: 'snow.mp4' } }, media)).toEqual([]);
    expect(contradictedConditions({ ...SPEC, media: { kind: 'prefix', prefix: 'ra' } }, media)).toHaveLength(1);
  });
});
