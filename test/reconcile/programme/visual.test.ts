import { describe, expect, it } from 'vitest';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { NO_MEMORY } from '../../../src/reconcile/model/memory.ts';
import type { PlayoutSpec } from '../../../src/reconcile/model/playout.ts';
import { selectMedia, specOnAir } from '../../../src/reconcile/programme/selection.ts';
import { desiredOk, factsOf, healthyWorld, mediaTables, ok, playoutRun, SETTINGS, SPEC } from '../world-builder.ts';

/** What is planned for each place of a programme of songs, and for one that is on air. */
function programme(songs: readonly string[], visuals: readonly string[], kept = visuals) {
  const spec: DesiredSpec = {
    ...SPEC,
    media: { kind: 'list', keys: songs },
    visual: { kind: 'list', keys: visuals },
  };
  const songFacts = (key: string): ItemFacts => factsOf(key, { video: null });
  const tables = mediaTables(Object.fromEntries(songs.map((key) => [key, ok(songFacts(key))])));
  const copies = new Map(kept.map((key) => [key, ok({ facts: factsOf(key), path: `copies/${key}` })]));
  const { observation, now } = healthyWorld();
  const select = (index: number, round: number) =>
    selectMedia(
      SETTINGS,
      { ...observation, desired: desiredOk(spec, 'a'), media: { ...tables, copies } },
      { kind: 'onAir', spec, hash: 'a' },
      { ...NO_MEMORY, cursor: { round, index, key: songs[index] ?? '', offsetMs: 0 } },
      now,
    );
  return {
    /** The playout of the song at this place. */
    at: (index: number, round = 0): PlayoutSpec => {
      const candidate = select(index, round).search?.candidate;
      if (candidate?.kind !== 'ready') throw new Error('nothing to play');
      return candidate.spec;
    },
    /** What a song that is played so should be played as. */
    onAir: (playout: PlayoutSpec): PlayoutSpec | null => specOnAir(select(0, 0), playoutRun(playout), NO_MEMORY),
  };
}

const visualOf = (spec: PlayoutSpec | null): string | null =>
  spec?.kind === 'item' ? (spec.backdrop?.facts.key ?? null) : null;

const SONGS = ['a.mp3', 'b.mp3', 'c.mp3', 'd.mp3'];
const VISUALS = ['fire.mp4', 'waves.mp4', 'snow.png'];

describe('songs under several visuals', () => {
  it('have another one each, over the end of a round too', () => {
    const { at } = programme(SONGS, VISUALS);
    const seen = [0, 1, 2, 3].map((index) => visualOf(at(index)));
    expect(seen).toEqual(['fire.mp4', 'waves.mp4', 'snow.png', 'fire.mp4']);
    expect(visualOf(at(0, 1))).toBe('waves.mp4');
  });

  it('keep the one they have while the programme grows', () => {
    const second = programme(SONGS, VISUALS).at(1, 1);
    expect(visualOf(second)).toBe('snow.png');
    const longer = programme([...SONGS, 'e.mp3'], VISUALS);
    expect(visualOf(longer.at(1, 1))).toBe('fire.mp4');
    expect(visualOf(longer.onAir(second))).toBe('snow.png');
  });

  it('keep the one they have when the one of their turn is there at last', () => {
    const before = programme(SONGS, VISUALS, ['waves.mp4', 'snow.png']).at(0);
    expect(visualOf(before)).toBe('waves.mp4');
    const { at, onAir } = programme(SONGS, VISUALS);
    expect(visualOf(at(0))).toBe('fire.mp4');
    expect(visualOf(onAir(before))).toBe('waves.mp4');
  });

  it('have that of their turn where theirs is wished no more', () => {
    const before = programme(SONGS, VISUALS).at(0);
    expect(visualOf(programme(SONGS, ['ice.mp4', 'snow.png']).onAir(before))).toBe('ice.mp4');
  });
});
