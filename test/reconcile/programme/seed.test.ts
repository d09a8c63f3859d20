import { expect, it } from 'vitest';
import {
  desiredOk,
  factsOf,
  healthyWorld,
  mediaTables,
  mutate,
  type Mutation,
  ok,
  planOf,
  SPEC,
} from '../world-builder.ts';

const KEYS = Array.from({ length: 20 }, (_, at) => `${at}.mp4`);

/** A shuffled list, of which nothing has been played yet. */
const shuffled: Mutation = (world) => ({
  ...world,
  observation: {
    ...world.observation,
    desired: desiredOk({ ...SPEC, media: { kind: 'list', keys: KEYS }, order: 'shuffled' }, 'abcdefabcdef'),
    media: mediaTables(Object.fromEntries(KEYS.map((key) => [key, ok(factsOf(key))]))),
    runs: { kind: 'known', value: { uplinks: [], playouts: [] } },
  },
  memory: { ...world.memory, cursor: null, pace: null },
});
const seeded =
  (shuffleSeed: string | null): Mutation =>
  (world) => ({ ...world, memory: { ...world.memory, shuffleSeed } });

/** What is played first. */
const firstOf = (...changes: readonly Mutation[]): string | undefined =>
  planOf(mutate(healthyWorld(), shuffled, ...changes)).actions.flatMap((action) =>
    action.kind === 'startPlayout' && action.spec.kind === 'item' ? [action.spec.facts.key] : [],
  )[0];

it('a shuffled programme is another one with another seed, and the one of before where no seed was kept', () => {
  const firsts = Array.from({ length: 10 }, (_, at) => firstOf(seeded(`seed ${at}`)));
  expect(firsts).not.toContain(undefined);
  expect(new Set(firsts).size).toBeGreaterThan(3);
  const { stateId } = healthyWorld().settings;
  expect(firstOf(seeded(null))).toBe(firstOf(seeded(stateId)));
});
