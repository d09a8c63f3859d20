import { describe, expect, it } from 'vitest';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';
import type { LocalCopy } from '../../../src/reconcile/model/item.ts';
import type { Fetched, MediaTables } from '../../../src/reconcile/model/observation.ts';
import { artworkAt, artworkProblem, viewArtwork } from '../../../src/reconcile/programme/artwork.ts';
import { uplinkIs } from '../mutations.ts';
import {
  factsOf,
  failed,
  healthyWorld,
  NOW_MS,
  ok,
  pending,
  planOf,
  SPEC,
  STORE,
  uplinkRun,
} from '../world-builder.ts';

const copy = (key: string, change: Parameters<typeof factsOf>[1] = {}): LocalCopy => ({
  facts: factsOf(key, change),
  path: `copies/${key}`,
});
const media = (copies: Readonly<Record<string, Fetched<LocalCopy>>>): MediaTables => ({
  ...STORE,
  copies: new Map(Object.entries(copies)),
});
const desired = (change: Partial<DesiredSpec>): DesiredSpec => ({ ...SPEC, ...change });
const keptKeys = (spec: DesiredSpec, view: MediaTables = media({})): readonly string[] =>
  viewArtwork(spec, view).actions.flatMap((action) => (action.kind === 'keepCopy' ? [action.key] : [action.kind]));

const LOOP = { kind: 'key', key: 'loop.mp4' } as const;
const SEVERAL = { kind: 'list', keys: ['a.png', 'b.mp4', 'c.mp4'] } as const;
const FAILURE = failed({ reason: 'StorageUnreachable', message: 'the store does not answer' });

describe('the artwork', () => {
  it('is nothing where none is wished, and nothing is asked for', () => {
    expect(viewArtwork(SPEC, media({}))).toEqual({
      artwork: { slate: null, visuals: [], clips: new Map() },
      actions: [],
    });
  });

  it('is kept on this machine from the moment it is wished, each object once', () => {
    expect(keptKeys(desired({ slate: 'slate.png', visual: LOOP }))).toEqual(['slate.png', 'loop.mp4']);
    expect(keptKeys(desired({ slate: 'same.png', visual: { kind: 'key', key: 'same.png' } }))).toEqual(['same.png']);
    expect(keptKeys(desired({ visual: LOOP }))).toEqual(['loop.mp4']);
  });

  it('is looked after also when it is there, since it may be replaced in the store', () => {
    const view = media({ 'slate.png': ok(copy('slate.png')) });
    expect(keptKeys(desired({ slate: 'slate.png' }), view)).toEqual(['slate.png']);
  });

  it('is what is on this machine', () => {
    const view = media({ 'slate.png': ok(copy('slate.png')), 'loop.mp4': ok(copy('loop.mp4')) });
    expect(viewArtwork(desired({ slate: 'slate.png', visual: LOOP }), view).artwork).toEqual({
      slate: copy('slate.png'),
      visuals: [copy('loop.mp4')],
      clips: new Map(),
    });
  });

  it.each([
    ['is still being fetched', pending],
    ['could not be fetched', FAILURE],
    ['has no picture', ok(copy('slate.png', { video: null }))],
  ])('goes without what %s', (_, state: Fetched<LocalCopy>) => {
    expect(viewArtwork(desired({ slate: 'slate.png' }), media({ 'slate.png': state })).artwork.slate).toBeNull();
  });

  it('asks again within a minute for what could not be fetched', () => {
    const { actions } = viewArtwork(desired({ slate: 'slate.png' }), media({ 'slate.png': FAILURE }));
    expect(actions).toMatchObject([{ kind: 'keepCopy', key: 'slate.png' }]);
    const [asked] = actions;
    expect(asked?.kind === 'keepCopy' ? asked.maxAgeMs : Infinity).toBeLessThanOrEqual(60_000);
  });
});

describe('the slate', () => {
  /** Clips asked for in a pass in which the uplink has sent for that long. */
  const clipsAsked = (sentForMs: number): number => {
    const { progress } = uplinkRun();
    if (progress === null) throw new Error('it makes no progress');
    const sending = { progress: { ...progress, firstAtMs: NOW_MS - sentForMs } };
    return planOf(uplinkIs(sending)(healthyWorld())).actions.filter(({ kind }) => kind === 'keepClip').length;
  };

  it('is encoded once, when a session has begun well', () => {
    expect(clipsAsked(5_000)).toBe(0);
    expect(clipsAsked(60_000)).toBe(1);
  });
});

describe('several visuals', () => {
  const all = media({ 'a.png': ok(copy('a.png')), 'b.mp4': ok(copy('b.mp4')), 'c.mp4': ok(copy('c.mp4')) });
  const shownAt = (turn: number, view: MediaTables, spec: DesiredSpec = desired({ visual: SEVERAL })) =>
    artworkAt(viewArtwork(spec, view).artwork, turn).visual?.facts.key ?? null;

  it('follow one another, turn by turn, and begin anew', () => {
    expect([0, 1, 2, 3, 7].map((turn) => shownAt(turn, all))).toEqual(['a.png', 'b.mp4', 'c.mp4', 'a.png', 'b.mp4']);
  });

  it.each([
    ['is missing', FAILURE],
    ['is being fetched', pending],
    ['has no picture', ok(copy('b.mp4', { video: null }))],
  ])('are passed over where one %s, and the others keep their turns', (_, state: Fetched<LocalCopy>) => {
    const view = { ...all, copies: new Map([...all.copies, ['b.mp4', state]]) };
    expect([0, 1, 2, 3, 4].map((turn) => shownAt(turn, view))).toEqual(['a.png', 'c.mp4', 'c.mp4', 'a.png', 'c.mp4']);
  });

  it('leave the slate where none can be shown', () => {
    expect(shownAt(1, media({}))).toBeNull();
  });

  it('are kept on this machine, that of the present turn first', () => {
    const { actions } = viewArtwork(desired({ visual: SEVERAL }), media({}), 4);
    expect(actions.map((action) => (action.kind === 'keepCopy' ? action.key : action.kind))).toEqual([
      'b.mp4',
      'c.mp4',
      'a.png',
    ]);
  });

  it('are each named where they cannot be shown', () => {
    const view = media({ 'a.png': FAILURE, 'b.mp4': ok(copy('b.mp4', { video: null })), 'c.mp4': ok(copy('c.mp4')) });
    expect(artworkProblem(desired({ visual: SEVERAL }), view)).toEqual({
      reason: 'StorageUnreachable',
      message: 'the store does not answer; "b.mp4" has no picture to show',
    });
  });

  it('are the first 32 under a prefix, once the store has told what is there', () => {
    const spec = desired({ visual: { kind: 'prefix', prefix: 'art/' } });
    const untold = { ...media({}), listings: new Map() };
    expect(viewArtwork(spec, untold).actions).toEqual([{ kind: 'listMedia', prefix: 'art/', maxAgeMs: 0 }]);
    const keys = Array.from({ length: 40 }, (_, at) => `art/${at}.png`);
    const listing = ok(keys.map((key) => ({ key, version: 'v', sizeBytes: 1 })));
    const { actions, artwork } = viewArtwork(spec, { ...media({}), listings: new Map([['art/', listing]]) });
    expect(actions.filter(({ kind }) => kind === 'keepCopy')).toHaveLength(32);
    expect(artwork.visuals).toHaveLength(32);
  });

  it('say so where there is none under their prefix', () => {
    const view = { ...media({}), listings: new Map([['art/', ok([])]]) };
    const spec = desired({ visual: { kind: 'prefix', prefix: 'art/' } });
    expect(artworkProblem(spec, view)?.reason).toBe('MediaPrefixEmpty');
  });
});
