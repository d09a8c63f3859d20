import { describe, expect, it } from 'vitest';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';
import type { LocalCopy } from '../../../src/reconcile/model/item.ts';
import type { Fetched, MediaTables } from '../../../src/reconcile/model/observation.ts';
import { viewArtwork } from '../../../src/reconcile/programme/artwork.ts';
import { factsOf, failed, ok, pending, SPEC, STORE } from '../world-builder.ts';

const copy = (key: string, change: Parameters<typeof factsOf>[1] = {}): LocalCopy => ({
  facts: factsOf(key, change),
  path: `copies/${key}`,
});
const media = (copies: Readonly<Record<string, Fetched<LocalCopy>>>): MediaTables => ({
  ...STORE,
  copies: new Map(Object.entries(copies)),
});
const wish = (change: Partial<DesiredSpec>): DesiredSpec => ({ ...SPEC, ...change });
const keptKeys = (spec: DesiredSpec, view: MediaTables = media({})): readonly string[] =>
  viewArtwork(spec, view).actions.flatMap((action) => (action.kind === 'keepCopy' ? [action.key] : [action.kind]));

const FAILURE = failed({ reason: 'StorageUnreachable', message: 'the store does not answer' });

describe('the scenery', () => {
  it('is nothing where none is wished, and nothing is asked for', () => {
    expect(viewArtwork(SPEC, media({}))).toEqual({ scenery: { slate: null, visual: null }, actions: [] });
  });

  it('is kept on this machine from the moment it is wished, each object once', () => {
    expect(keptKeys(wish({ slate: 'slate.png', visual: 'loop.mp4' }))).toEqual(['slate.png', 'loop.mp4']);
    expect(keptKeys(wish({ slate: 'same.png', visual: 'same.png' }))).toEqual(['same.png']);
    expect(keptKeys(wish({ visual: 'loop.mp4' }))).toEqual(['loop.mp4']);
  });

  it('is looked after also when it is there, since it may be replaced in the store', () => {
    const view = media({ 'slate.png': ok(copy('slate.png')) });
    expect(keptKeys(wish({ slate: 'slate.png' }), view)).toEqual(['slate.png']);
  });

  it('is what is on this machine', () => {
    const view = media({ 'slate.png': ok(copy('slate.png')), 'loop.mp4': ok(copy('loop.mp4')) });
    expect(viewArtwork(wish({ slate: 'slate.png', visual: 'loop.mp4' }), view).scenery).toEqual({
      slate: copy('slate.png'),
      visual: copy('loop.mp4'),
    });
  });

  it.each([
    ['is still being fetched', pending],
    ['could not be fetched', FAILURE],
    ['has no picture', ok(copy('slate.png', { video: null }))],
  ])('goes without what %s', (_, state: Fetched<LocalCopy>) => {
    expect(viewArtwork(wish({ slate: 'slate.png' }), media({ 'slate.png': state })).scenery.slate).toBeNull();
  });

  it('asks again within a minute for what could not be fetched', () => {
    const { actions } = viewArtwork(wish({ slate: 'slate.png' }), media({ 'slate.png': FAILURE }));
    expect(actions).toMatchObject([{ kind: 'keepCopy', key: 'slate.png' }]);
    const [asked] = actions;
    expect(asked?.kind === 'keepCopy' ? asked.maxAgeMs : Infinity).toBeLessThanOrEqual(60_000);
  });
});
