import { describe, expect, it } from 'vitest';
import { changesFor, renderDescription, renderTitle } from '../../../src/reconcile/broadcast/description.ts';
import type { Fillings, OwnBroadcast } from '../../../src/reconcile/model/youtube/memory.ts';
import { SPEC } from './scene.ts';

const FILLINGS: Fillings = { beginWallMs: Date.UTC(2026, 10, 26, 23, 30), n: 7, item: 'Night rain' };
const title = (template: string, fillings = FILLINGS) => renderTitle(template, fillings, 'Europe/Berlin');

describe('a title', () => {
  it.each<[string, string, Fillings?]>([
    ['{date} {time}', '2026-11-27 00:30'],
    ['Rain {n}: {item}', 'Rain 7: Night rain'],
    ['Rain: {item}', 'Rain:', { ...FILLINGS, item: null }],
    ['{item}', '#7', { ...FILLINGS, item: null }],
    ['{nothing} {N}', '{nothing} {N}'],
    ['{item}', '{date} $& $1', { ...FILLINGS, item: '{date} $& $1' }],
    ['a \n b', 'a b'],
  ])('%j becomes %j', (template, text, fillings = FILLINGS) => {
    expect(title(template, fillings)).toEqual({ text, notes: [] });
  });

  it('is cut at a word beyond 100 characters, and told', () => {
    const { text, notes } = title(`${'rain '.repeat(19)}{item}`);
    expect(text).toBe(`${'rain '.repeat(19)}Night`);
    expect(notes).toEqual(['the title was cut to 100 characters']);
  });

  it('is cut in a word where there is no other place, by whole characters', () => {
    const { text } = title('🌧'.repeat(101));
    expect(text).toBe('🌧'.repeat(100));
  });

  it('loses the < and > of an item, and tells it', () => {
    expect(title('{item}', { ...FILLINGS, item: '<b>Rain</b>' })).toEqual({
      text: 'bRain/b',
      notes: ['< and > were left out of the title'],
    });
  });
});

it('a description is cut at 5,000 bytes, not characters', () => {
  const { text, notes } = renderDescription('ä '.repeat(2_000), FILLINGS, 'UTC');
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(5_000);
  expect(Buffer.byteLength(text)).toBeGreaterThan(4_990);
  expect(notes).toEqual(['the description was cut to 5000 bytes']);
});

describe('what of the file is applied to a broadcast', () => {
  const own = (applied: OwnBroadcast['applied']): OwnBroadcast => ({
    id: 'kept',
    origin: 'begun',
    fillings: FILLINGS,
    applied,
    refusals: [],
  });
  const asBegun = { ...SPEC };

  it('is nothing while the file says what it said', () => {
    expect(changesFor(own(asBegun), SPEC, 'UTC')).toEqual({ edit: null, thumbnail: null, playlist: null });
  });

  it('is the key that was edited, alone', () => {
    expect(changesFor(own(asBegun), { ...SPEC, tags: ['rain'] }, 'UTC').edit?.edit).toEqual({ tags: ['rain'] });
    expect(changesFor(own(asBegun), { ...SPEC, privacy: 'unlisted' }, 'UTC').edit?.edit).toEqual({
      privacy: 'unlisted',
    });
    expect(changesFor(own(asBegun), { ...SPEC, thumbnail: 'a.png' }, 'UTC')).toMatchObject({
      edit: null,
      thumbnail: 'a.png',
    });
  });

  it('wipes what came from the file, and nothing else', () => {
    expect(changesFor(own({ ...asBegun, description: 'old' }), SPEC, 'UTC').edit?.edit).toEqual({ description: '' });
    expect(changesFor(own({}), SPEC, 'UTC').edit?.edit).toEqual({
      title: 'Rain 7',
      privacy: 'public',
      madeForKids: false,
    });
  });

  it('keeps the number and the time that the broadcast began with', () => {
    const { edit } = changesFor(own(asBegun), { ...SPEC, title: 'Snow {n}, {time}' }, 'UTC');
    expect(edit?.edit).toEqual({ title: 'Snow 7, 23:30' });
  });
});
