import { describe, expect, it } from 'vitest';
import { parseRunRecord } from '../../../src/observe/runs/record.ts';
import { NO_ARTWORK } from '../../../src/reconcile/model/playout.ts';
import { recordOf } from '../../../src/reconcile/playout/record.ts';
import { slateSpec } from '../../../src/reconcile/playout/spec.ts';
import { itemAt, SPEC } from '../../reconcile/world-builder.ts';

const item = {
  kind: 'item',
  key: 'loops/rain.mp4',
  version: 'v1',
  round: 2,
  index: 0,
  offsetMs: 1500,
  durationMs: 600_000,
  lengthMs: null,
  mode: 'copy',
  frame: '1280x720@29.97',
  rateKbps: 3128,
};

describe('the record a playout carries', () => {
  it.each([
    ['an item', recordOf(itemAt('rain.mp4', 0, 12_345))],
    ['the slate', recordOf(slateSpec(SPEC, NO_ARTWORK))],
    ['an item of unknown length', { ...item, durationMs: null }],
    ['a key with every odd character', { ...item, key: `-i 'a"b\n\u0001ü\u202e{}:\\` }],
  ])('comes back as it was written for %s', (_, record) => {
    expect(parseRunRecord(JSON.stringify(record))).toEqual(record);
  });

  it('may say more than this version understands', () => {
    expect(parseRunRecord(JSON.stringify({ ...item, mood: 'sunny' }))).toEqual(item);
  });

  it.each([
    ['nothing', null],
    ['an empty text', ''],
    ['half a record', JSON.stringify(item).slice(0, 40)],
    ['another kind', JSON.stringify({ ...item, kind: 'advert' })],
    ['a missing field', JSON.stringify({ ...item, frame: undefined })],
    ['a negative offset', JSON.stringify({ ...item, offsetMs: -1 })],
    ['a place that is no whole number', JSON.stringify({ ...item, index: 0.5 })],
    ['a frame in words', JSON.stringify({ ...item, frame: 'large' })],
    ['a list', '[]'],
    ['null', 'null'],
  ])('is not understood when it is %s', (_, text) => {
    expect(parseRunRecord(text)).toBeNull();
  });
});
