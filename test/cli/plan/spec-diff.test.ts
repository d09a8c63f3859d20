import { describe, expect, it } from 'vitest';
import { type Effect, EFFECTS } from '../../../src/cli/plan/effect.ts';
import { effectText, type OnAir, specDiff } from '../../../src/cli/plan/spec-diff.ts';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { SPEC as BROADCAST } from '../../reconcile/broadcast/scene.ts';
import { SPEC } from '../../reconcile/world-builder.ts';

const BASE: DesiredSpec = { ...SPEC, media: { kind: 'list', keys: ['a.mp4', 'b.mp4', 'c.mp4'] } };

/** Fits the house format of BASE, at 2500 kbit/s. */
const FACTS: ItemFacts = {
  key: 'a.mp4',
  version: 'v1',
  sizeBytes: 10_000_000,
  durationS: 30,
  formatName: 'mov,mp4',
  video: {
    codec: 'h264',
    profile: 'High',
    pixelFormat: 'yuv420p',
    width: 1280,
    height: 720,
    sampleAspect: 1,
    fps: 30,
    variableFrameRate: false,
    progressive: true,
    bitrateKbps: 2500,
    maxKeyframeGapS: 2,
    still: false,
    rotation: 0,
    hasBFrames: 0,
    startTimeS: 0,
  },
  audio: { codec: 'aac', profile: 'LC', sampleRateHz: 44_100, channels: 2 },
};

const COPIED: OnAir = { kind: 'item', key: 'a.mp4', mode: 'copy', facts: FACTS };
const GUESSED_COPY: OnAir = { kind: 'item', key: 'a.mp4', mode: 'copy', facts: null };
const GUESSED_TRANSCODE: OnAir = { kind: 'item', key: 'a.mp4', mode: 'transcode', facts: null };
const SLATE: OnAir = { kind: 'slate' };
const UNKNOWN: OnAir = { kind: 'unknown' };

type Row = readonly [sentence: string, edit: Partial<DesiredSpec>, onAir: OnAir, effect: Effect, session: string];

const ROWS: readonly Row[] = [
  ['running: false takes the stream off air', { running: false }, COPIED, 'off air', 'ends'],
  ['another size opens a new session', { resolution: { width: 1920, height: 1080 } }, COPIED, 'new session', 'renewed'],
  ['another frame rate opens a new session', { fps: 25 }, COPIED, 'new session', 'renewed'],
  ['a size outweighs a swap', { fps: 25, media: { kind: 'key', key: 'z.mp4' } }, COPIED, 'new session', 'renewed'],
  [
    'a programme that keeps the item on air lets it play on',
    { media: { kind: 'list', keys: ['z.mp4', 'a.mp4'] } },
    COPIED,
    'next item',
    'survives',
  ],
  [
    'a programme without the item on air replaces it',
    { media: { kind: 'key', key: 'b.mp4' } },
    COPIED,
    'swap within the session',
    'survives',
  ],
  [
    'a prefix that covers the item on air lets it play on',
    { media: { kind: 'prefix', prefix: 'a' } },
    COPIED,
    'next item',
    'survives',
  ],
  [
    'the slate gives way to new media',
    { media: { kind: 'key', key: 'b.mp4' } },
    SLATE,
    'swap within the session',
    'survives',
  ],
  [
    'an unknown item stays when the new list has all of the old',
    { media: { kind: 'list', keys: ['c.mp4', 'b.mp4', 'a.mp4', 'd.mp4'] } },
    UNKNOWN,
    'next item',
    'survives',
  ],
  [
    'an unknown item may have to go',
    { media: { kind: 'list', keys: ['b.mp4'] } },
    UNKNOWN,
    'swap within the session',
    'survives',
  ],
  ['a copied item does not mind a higher bitrate', { bitrateKbps: 6000 }, COPIED, 'next item', 'survives'],
  [
    'a copied item does not mind a bitrate that is still enough',
    { bitrateKbps: 2500 },
    COPIED,
    'next item',
    'survives',
  ],
  [
    'a copied item above the new bitrate is transcoded',
    { bitrateKbps: 1000 },
    COPIED,
    'swap within the session',
    'survives',
  ],
  [
    'a forced copy undoes what the bitrate would do',
    { bitrateKbps: 1000, encode: 'copy' },
    COPIED,
    'next item',
    'survives',
  ],
  [
    'a copied item of unknown format does not mind a higher bitrate',
    { bitrateKbps: 6000 },
    GUESSED_COPY,
    'next item',
    'survives',
  ],
  [
    'a copied item of unknown format may mind a lower one',
    { bitrateKbps: 2900 },
    GUESSED_COPY,
    'swap within the session',
    'survives',
  ],
  [
    'a transcoded item is encoded anew for another bitrate',
    { bitrateKbps: 6000 },
    GUESSED_TRANSCODE,
    'swap within the session',
    'survives',
  ],
  [
    'a transcoded item does not mind encode: transcode',
    { encode: 'transcode' },
    GUESSED_TRANSCODE,
    'next item',
    'survives',
  ],
  ['a copied item minds encode: transcode', { encode: 'transcode' }, COPIED, 'swap within the session', 'survives'],
  [
    'a copied item of unknown format minds encode: transcode',
    { encode: 'transcode' },
    GUESSED_COPY,
    'swap within the session',
    'survives',
  ],
  ['the slate is encoded by the bitrate', { bitrateKbps: 6000 }, SLATE, 'swap within the session', 'survives'],
  ['the slate does not depend on encode', { encode: 'copy' }, SLATE, 'next item', 'survives'],
  ['another order begins with the next item', { order: 'shuffled' }, COPIED, 'next item', 'survives'],
  ['a slate is for later while an item is on air', { slate: 'soon.png' }, COPIED, 'none', 'survives'],
  [
    'a visual is for the next audio-only item',
    { visual: { kind: 'key', key: 'waves.mp4' } },
    COPIED,
    'next item',
    'survives',
  ],
  [
    'recycling changes nothing now',
    { recycle: '0 */11 * * *', recyclePauseMs: 60_000, timezone: 'Europe/Berlin' },
    COPIED,
    'none',
    'survives',
  ],
];

describe('specDiff', () => {
  it.each(ROWS)('%s', (_sentence, edit, onAir, effect, session) => {
    const diff = specDiff(BASE, { ...BASE, ...edit }, onAir);
    expect({ effect: diff.effect, session: diff.session }).toEqual({ effect, session });
  });

  it('finds no change between a spec and itself, whatever is on air', () => {
    for (const onAir of [COPIED, GUESSED_TRANSCODE, SLATE, UNKNOWN]) {
      expect(specDiff(BASE, structuredClone(BASE), onAir)).toEqual({
        changes: [],
        effect: 'none',
        session: 'survives',
      });
    }
  });

  it('tells each field from what to what, as the file says it', () => {
    const to: DesiredSpec = {
      ...BASE,
      bitrateKbps: 4500,
      resolution: { width: 1920, height: 1080 },
      recycle: '0 4 * * *',
      recyclePauseMs: 120_000,
    };
    expect(specDiff(BASE, to, COPIED).changes.map(({ field, from, to: after }) => [field, from, after])).toEqual([
      ['bitrate', '3000k', '4500k'],
      ['resolution', '1280x720', '1920x1080'],
      ['recycle', 'null', '0 4 * * *'],
      ['recycle_pause', '90s', '120s'],
    ]);
  });

  it('sees a change far down a long list, and counts what came and went', () => {
    const keys = Array.from({ length: 500 }, (_, index) => `${String(index)}.mp4`);
    const from: DesiredSpec = { ...BASE, media: { kind: 'list', keys } };
    const to: DesiredSpec = { ...BASE, media: { kind: 'list', keys: [...keys.slice(0, 498), 'new.mp4'] } };
    const [change] = specDiff(from, to, UNKNOWN).changes;
    expect(change).toMatchObject({ field: 'media', from: '[0.mp4, 1.mp4, 2.mp4, … 497 more]' });
    expect(change?.why).toContain('1 added, 2 removed');
  });

  it('takes a key and a list of that key for the same programme', () => {
    const from: DesiredSpec = { ...BASE, media: { kind: 'key', key: 'a.mp4' } };
    const to: DesiredSpec = { ...BASE, media: { kind: 'list', keys: ['a.mp4'] } };
    expect(specDiff(from, to, COPIED)).toMatchObject({ effect: 'none', session: 'survives' });
  });

  it('goes on air from nothing and from off air, and then nothing else has an effect of its own', () => {
    for (const from of [null, { ...BASE, running: false, fps: 25 }]) {
      const diff = specDiff(from, BASE, UNKNOWN);
      expect(diff).toMatchObject({ effect: 'on air', session: 'begins' });
      expect(diff.changes.filter(({ effect }) => effect !== 'none').map(({ field }) => field)).toEqual(['running']);
    }
  });

  it('lets no session survive where none is up', () => {
    const nothing: OnAir = { kind: 'nothing' };
    expect(specDiff(BASE, { ...BASE, fps: 25, bitrateKbps: 1000 }, nothing)).toMatchObject({
      effect: 'none',
      session: 'begins',
    });
    expect(specDiff(BASE, { ...BASE, running: false }, nothing)).toMatchObject({ effect: 'none', session: 'none' });
  });

  it('changes nothing off air', () => {
    const off = { ...BASE, running: false };
    expect(specDiff(off, { ...off, fps: 25, bitrateKbps: 1000 }, UNKNOWN)).toMatchObject({
      effect: 'none',
      session: 'none',
    });
    expect(specDiff(null, off, UNKNOWN)).toMatchObject({ effect: 'none', session: 'none' });
  });

  it('says which edits of a broadcast apply to the live one and which to the next; the session survives all', () => {
    const broadcast = { ...BROADCAST, title: 'Rain' };
    const from = { ...BASE, broadcast };
    const edited = specDiff(from, { ...from, broadcast: { ...broadcast, title: 'Snow', latency: 'low' } }, COPIED);
    expect(edited).toMatchObject({
      session: 'survives',
      changes: [
        { field: 'broadcast.title', from: 'Rain', to: 'Snow', effect: 'live broadcast' },
        { field: 'broadcast.latency', effect: 'next broadcast' },
      ],
    });
    expect(specDiff(BASE, from, COPIED)).toMatchObject({ effect: 'live broadcast', session: 'survives' });
    expect(specDiff(from, BASE, COPIED)).toMatchObject({ effect: 'none', session: 'survives' });
    expect(specDiff(null, BASE, COPIED).changes.filter(({ field }) => field.startsWith('broadcast'))).toEqual([]);
  });

  it('spells out what would move the cursor of a terminal', () => {
    const to: DesiredSpec = { ...BASE, media: { kind: 'key', key: '\u001b[2J\u202eevil.mp4' } };
    expect(specDiff(BASE, to, UNKNOWN).changes[0]?.to).toBe('"\\u001b[2J\\u{202e}evil.mp4"');
  });

  it('says how long a new session keeps the stream off air, and leaves the other effects as they are', () => {
    expect(EFFECTS.map(effectText)).toEqual(
      EFFECTS.map((effect) => (effect === 'new session' ? 'new session (≤ 3 s off air)' : effect)),
    );
  });
});
