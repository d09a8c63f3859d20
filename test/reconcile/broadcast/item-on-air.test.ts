import { expect, it } from 'vitest';
import { planYouTube } from '../../../src/reconcile/youtube.ts';
import { worldOf } from '../../../src/reconcile/runs/world.ts';
import { NO_YOUTUBE_MEMORY } from '../../../src/reconcile/model/youtube/memory.ts';
import { holderPlays } from '../mutations.ts';
import { factsOf, healthyWorld, mediaTables, mutate, type Mutation, ok, slateOf, SPEC } from '../world-builder.ts';

/** What {item} stands for in the healthy world so changed. */
function itemOnAir(...changes: readonly Mutation[]): string | null {
  const { observation, now } = mutate(healthyWorld(), ...changes);
  const world = worldOf(observation);
  const desired = { kind: 'none', reason: 'DesiredMissing', message: '' } as const;
  return planYouTube(60_000, observation, desired, world, NO_YOUTUBE_MEMORY, now).sight.context.item;
}

const titled: Mutation = (world) => ({
  ...world,
  observation: {
    ...world.observation,
    media: mediaTables({ 'rain.mp4': ok(factsOf('rain.mp4', { title: 'Night rain' })) }),
  },
});

it('{item} is the title of the item on air, without one its key, and nothing while the slate shows', () => {
  expect(itemOnAir(titled)).toBe('Night rain');
  expect(itemOnAir()).toBe('rain.mp4');
  expect(itemOnAir(titled, holderPlays(slateOf(SPEC)))).toBeNull();
});
