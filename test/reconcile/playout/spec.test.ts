import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import type { ItemPart } from '../../../src/reconcile/model/playout.ts';
import { playoutHash } from '../../../src/reconcile/playout/hashes.ts';
import { frameOf, houseFormat } from '../../../src/reconcile/playout/house-format.ts';
import { recordOf } from '../../../src/reconcile/playout/record.ts';
import { copyableFacts, factsOf, playedAs, slateOf, SPEC } from '../world-builder.ts';

const WEEK_MS = 604_800_000;
const HOUR_S = 3_600;

interface Case {
  readonly durationS: number | null;
  readonly offsetMs?: number;
  readonly urlTtlMs?: number;
  readonly sole?: boolean;
}

function partOf({ durationS, offsetMs = 0, urlTtlMs = WEEK_MS, sole = false }: Case): ItemPart {
  const cursor = { round: 0, index: 0, key: 'a', offsetMs };
  const spec = playedAs(factsOf('a', { durationS }), SPEC, cursor, { urlTtlMs, sole });
  if (spec.kind !== 'item') throw new Error('an item was asked for');
  return spec.part;
}

describe('how long one run plays', () => {
  it('is to the end of the item', () => {
    expect(partOf({ durationS: 600 })).toMatchObject({ loops: 1, lengthMs: 600_000, cut: false });
    expect(partOf({ durationS: 600, offsetMs: 200_000 })).toMatchObject({ loops: 1, lengthMs: 400_000, cut: false });
  });

  it('is twelve hours at most', () => {
    expect(partOf({ durationS: 30 * HOUR_S })).toMatchObject({ lengthMs: 12 * HOUR_S * 1000, cut: true });
    expect(partOf({ durationS: 30 * HOUR_S, offsetMs: 25 * HOUR_S * 1000 })).toMatchObject({
      lengthMs: 5 * HOUR_S * 1000,
      cut: false,
    });
  });

  it('is half the life of the signed URL at most', () => {
    expect(partOf({ durationS: 600, urlTtlMs: 60_000 })).toMatchObject({ lengthMs: 30_000, cut: true });
  });

  it('is as many rounds as fit, if the item is all there is', () => {
    expect(partOf({ durationS: 600, sole: true })).toMatchObject({ loops: 72, lengthMs: 12 * HOUR_S * 1000 });
    expect(partOf({ durationS: 600, sole: true, urlTtlMs: 2 * 1_500_000 })).toMatchObject({
      loops: 2,
      lengthMs: 1_200_000,
    });
  });

  it('is the rest alone when even a sole item is resumed', () => {
    expect(partOf({ durationS: 600, offsetMs: 5_000, sole: true })).toMatchObject({ loops: 1, lengthMs: 595_000 });
  });

  it('is not known for an item whose length is not', () => {
    expect(partOf({ durationS: null, offsetMs: 5_000, sole: true })).toMatchObject({
      loops: 1,
      lengthMs: null,
      cut: false,
      cursor: { offsetMs: 5_000 },
    });
  });

  it('is not known either where such an item goes on, encoded, at its place', () => {
    const at = { round: 0, index: 0, key: 'a', version: 'v1', offsetMs: 5_000 };
    const offsetOf = (facts: ItemFacts): unknown => {
      const spec = playedAs(
        facts,
        { ...SPEC, encode: 'transcode' },
        { ...at, version: facts.version },
        { urlTtlMs: WEEK_MS, sole: false },
      );
      return spec.kind === 'item' ? [spec.part.cursor.offsetMs, spec.part.lengthMs] : null;
    };
    const unknown = factsOf('a', { durationS: null });
    expect(offsetOf(unknown)).toEqual([5_000, null]);
    expect(offsetOf({ ...unknown, video: null })).toEqual([5_000, null]);
    expect(offsetOf({ ...unknown, video: { ...unknown.video!, still: true } })).toEqual([0, null]);
  });

  it.each<[string, Partial<ItemFacts>]>([
    ['mere sound', { video: null }],
    ['a picture that is longer than the sound', { extents: { videoEndS: 60, audioStartS: 0, audioEndS: 59 } }],
    ['sound that begins late', { extents: { videoEndS: 60, audioStartS: 1, audioEndS: 60 } }],
  ])('plays %s once a run, also when it is all there is', (_what, change) => {
    const loopsOf = (facts: ItemFacts): unknown => {
      const spec = playedAs(
        facts,
        SPEC,
        { round: 0, index: 0, key: 'a', offsetMs: 0 },
        { urlTtlMs: WEEK_MS, sole: true },
      );
      return spec.kind === 'item' ? spec.part.loops : null;
    };
    expect(loopsOf(factsOf('a', { durationS: 60 }))).toBe(720);
    expect(loopsOf(factsOf('a', { durationS: 60, ...change }))).toBe(1);
  });

  it('begins anew rather than with the last second', () => {
    expect(partOf({ durationS: 600, offsetMs: 598_900 }).cursor.offsetMs).toBe(598_900);
    expect(partOf({ durationS: 600, offsetMs: 599_000 }).cursor.offsetMs).toBe(0);
    expect(partOf({ durationS: 600, offsetMs: Number.MAX_SAFE_INTEGER }).cursor.offsetMs).toBe(0);
    expect(partOf({ durationS: 0.5, offsetMs: 200 }).cursor.offsetMs).toBe(0);
  });

  it('never outlives its budget, never passes the end, and is never nothing', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        fc.integer({ min: 0, max: 2e9 }),
        fc.integer({ min: 60_000, max: WEEK_MS }),
        fc.boolean(),
        (durationS, offsetMs, urlTtlMs, sole) => {
          const { loops, lengthMs, cursor } = partOf({ durationS, offsetMs, urlTtlMs, sole });
          if (Math.round(durationS * 1000) === 0) return;
          if (lengthMs === null) throw new Error('the length is known');
          expect(lengthMs).toBeGreaterThan(0);
          expect(lengthMs).toBeLessThanOrEqual(Math.min(urlTtlMs / 2, 12 * HOUR_S * 1000) + 1);
          expect(cursor.offsetMs).toBeLessThan(Math.round(durationS * 1000));
          if (loops === 1) expect(cursor.offsetMs + lengthMs).toBeLessThanOrEqual(Math.round(durationS * 1000) + 1);
        },
      ),
    );
  });
});

describe('playoutHash', () => {
  const hash = (change: Partial<DesiredSpec> = {}, facts: ItemFacts = factsOf('a'), offsetMs = 0): string =>
    playoutHash(
      playedAs(
        facts,
        { ...SPEC, ...change },
        { round: 0, index: 0, key: 'a', offsetMs },
        { urlTtlMs: WEEK_MS, sole: false },
      ),
    );

  it.each<[string, Partial<DesiredSpec>]>([
    ['the order', { order: 'shuffled' }],
    ['the list', { media: { kind: 'key', key: 'a' } }],
    ['the recycling', { recycle: '0 4 * * *' }],
  ])('is the same after an edit of %s', (_name, change) => {
    expect(hash(change)).toBe(hash());
  });

  it.each<[string, Partial<DesiredSpec>]>([
    ['the bitrate', { bitrateKbps: 4_500 }],
    ['the resolution', { resolution: { width: 1920, height: 1080 } }],
    ['the rate', { fps: 25 }],
  ])('is another for an encoded item after an edit of %s', (_name, change) => {
    expect(hash(change)).not.toBe(hash());
  });

  it('does not depend on the place in item and programme', () => {
    expect(hash({}, factsOf('a'), 60_000)).toBe(hash());
  });

  it('is another when the object was replaced', () => {
    expect(hash({}, factsOf('a', { version: 'v2' }))).not.toBe(hash());
  });

  it('does not depend on the bitrate for a copied item, but on whether it is copied', () => {
    const facts = copyableFacts('a');
    expect(hash({ bitrateKbps: 6_000 }, facts)).toBe(hash({}, facts));
    expect(hash({ encode: 'transcode' }, facts)).not.toBe(hash({}, facts));
    expect(hash({ bitrateKbps: 500 }, facts)).not.toBe(hash({}, facts));
  });

  it('is another for the slate, which depends on the format', () => {
    expect(playoutHash(slateOf(SPEC))).not.toBe(hash());
    expect(playoutHash(slateOf({ ...SPEC, bitrateKbps: 4_500 }))).not.toBe(playoutHash(slateOf(SPEC)));
    expect(playoutHash(slateOf({ ...SPEC, order: 'shuffled' }))).toBe(playoutHash(slateOf(SPEC)));
  });
});

describe('recordOf', () => {
  it('tells later daemons what is played, from where, and for how long', () => {
    const cursor = { round: 3, index: 2, key: 'a', offsetMs: 60_000 };
    const spec = playedAs(factsOf('a'), SPEC, cursor, { urlTtlMs: WEEK_MS, sole: false });
    expect(recordOf(spec)).toMatchObject({
      kind: 'item',
      key: 'a',
      version: 'a v1',
      round: 3,
      index: 2,
      offsetMs: 60_000,
      durationMs: 600_000,
      lengthMs: 540_000,
      mode: 'transcode',
      frame: '1280x720@30',
    });
    const rateOf = (bitrateKbps: number): unknown => {
      const { video, ...facts } = copyableFacts('a');
      const thin = { ...facts, video: video === null ? null : { ...video, bitrateKbps } };
      const record = recordOf(playedAs(thin, SPEC, cursor, { urlTtlMs: WEEK_MS, sole: false }));
      return record.kind === 'item' && record.mode === 'copy' ? record.rateKbps : null;
    };
    // 225 MB in 600 s; and what has a far lower rate is filled up, which counts for what stands in the pipes.
    expect(rateOf(2_800)).toBe(3_000);
    expect(rateOf(100)).toBe(SPEC.bitrateKbps * 1.2);
    expect(recordOf(slateOf(SPEC))).toMatchObject({ kind: 'slate', frame: frameOf(houseFormat(SPEC)) });
  });

  it('tells the rate that stands in the pipes: of a thin copy that which it is filled up to', () => {
    const cursor = { round: 0, index: 0, key: 'a', offsetMs: 0 };
    const rate = (bitrateKbps: number): number => {
      const { video, ...facts } = copyableFacts('a', { sizeBytes: 15_000_000, durationS: 600 });
      if (video === null) throw new Error('it has a picture');
      const thin = { ...facts, video: { ...video, bitrateKbps } };
      const record = recordOf(playedAs(thin, SPEC, cursor, { urlTtlMs: WEEK_MS, sole: false }));
      return record.kind === 'item' ? record.rateKbps : 0;
    };
    expect(rate(200)).toBe(houseFormat(SPEC).videoBitrateKbps * 1.2);
    expect(rate(2_000)).toBe(200);
  });
});
