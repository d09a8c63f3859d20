import { expect, it } from 'vitest';
import { calmWorld, itemOnAir, struck } from './calm-world.ts';
import { desiredEdited } from './commands/desired-edited.ts';
import { faultOf } from './commands/fault.ts';
import { newObject } from './library.ts';
import type { Simulation } from './simulation.ts';

/** Each promise is tried at this many different moments of a pass. */
const SEEDS = [1, 2];
const HOLLOW = ['loops/rain.mp4', 'loops/snow.mp4', 'loops/2.mp4'];

const wish = (simulation: Simulation, media: readonly string[]): void =>
  faultOf(desiredEdited, { media }).happen(simulation);

/** How often a playout of each of these was started within any minute, at most. */
function countingStarts({ judge, machine }: Simulation, keys: readonly string[]): () => number {
  const startsAtMs = new Map(keys.map((key): [string, number[]] => [key, []]));
  judge.onPass = (_daemon, { plan }) => {
    for (const action of plan.actions) {
      if (action.kind !== 'startPlayout' || action.spec.kind !== 'item') continue;
      startsAtMs.get(action.spec.facts.key)?.push(machine.nowMs);
    }
  };
  const within = (times: readonly number[], fromMs: number): number =>
    times.filter((atMs) => atMs >= fromMs && atMs < fromMs + 60_000).length;
  return () => Math.max(...[...startsAtMs.values()].flatMap((times) => times.map((atMs) => within(times, atMs))));
}

it('items that cannot be played, by inspection or only when they are started, are passed over without the slate', async () => {
  for (const seed of SEEDS) {
    const simulation = await calmWorld(seed, {}, { media: ['short.mp4', 'loops/10.mp4'] });
    const { objects } = simulation.machine.store;
    for (const key of HOLLOW) objects.set(key, { ...newObject(key, 1), hollow: true });
    objects.set('long.mp4', { ...newObject('long.mp4', 1), forbidden: true });
    const mostStarts = countingStarts(simulation, HOLLOW);
    const [first, ...others] = HOLLOW as [string, ...string[]];
    const media = ['short.mp4', first, 'nowhere.mp4', 'loops/10.mp4', ...others, 'long.mp4'];
    const effect = await struck(simulation, () => wish(simulation, media), 120_000);
    expect({ seed, slateMs: effect.slateMs, sessions: effect.sessions.length }).toEqual({
      seed,
      slateMs: 0,
      sessions: 0,
    });
    expect(mostStarts()).toBeGreaterThan(0);
    expect(mostStarts()).toBeLessThanOrEqual(3);
  }
}, 60_000);

it.each([9, 4, 1])('an object that is gone %i s before its turn costs no slate', async (secondsBefore) => {
  const simulation = await calmWorld(secondsBefore, {}, { media: ['short.mp4', 'loops/10.mp4', 'loops/2.mp4'] });
  while (itemOnAir(simulation) !== 'short.mp4') await simulation.live(100);
  await simulation.live(SHORT_MS - secondsBefore * 1_000);
  const gone = (): unknown => simulation.machine.store.objects.delete('loops/10.mp4');
  const { slateMs } = await struck(simulation, () => void gone(), 45_000);
  expect(slateMs).toBe(0);
});

const SHORT_MS = 12_000;

it.each([9, 4, 1])(
  'one that is named %i s before its turn, and is not there, costs no slate',
  async (secondsBefore) => {
    const simulation = await calmWorld(secondsBefore, {}, { media: ['short.mp4', 'loops/2.mp4'] });
    while (itemOnAir(simulation) !== 'short.mp4') await simulation.live(100);
    await simulation.live(SHORT_MS - secondsBefore * 1_000);
    const { slateMs } = await struck(
      simulation,
      () => wish(simulation, ['short.mp4', 'nowhere.mp4', 'loops/2.mp4']),
      45_000,
    );
    expect(slateMs).toBe(0);
  },
);

it('an object for which alone the store fails is passed over, before its turn without the slate', async () => {
  for (const seed of SEEDS) {
    const simulation = await calmWorld(seed, {}, { media: ['short.mp4', 'loops/10.mp4'] });
    const { objects } = simulation.machine.store;
    objects.set('loops/2.mp4', { ...newObject('loops/2.mp4', 1), failing: true });
    while (itemOnAir(simulation) !== 'short.mp4') await simulation.live(100);
    const media = ['short.mp4', 'loops/2.mp4', 'loops/10.mp4'];
    const { slateMs, sessions } = await struck(simulation, () => wish(simulation, media), 60_000);
    expect({ seed, slateMs, sessions: sessions.length }).toEqual({ seed, slateMs: 0, sessions: 0 });
    await struck(simulation, () => wish(simulation, ['loops/2.mp4', 'loops/10.mp4']), 30_000);
    expect(itemOnAir(simulation)).toBe('loops/10.mp4');
  }
}, 60_000);

it('what an outage kept from the daemon is not passed over when it ends', async () => {
  for (const seed of SEEDS) {
    const simulation = await calmWorld(seed, {}, { media: ['loops/10.mp4'] });
    const { store } = simulation.machine;
    await struck(
      simulation,
      () => {
        store.mode = 'down';
        wish(simulation, ['loops/2.mp4', 'short.mp4']);
      },
      90_000,
    );
    store.mode = 'up';
    await simulation.live(8_000);
    expect({ seed, item: itemOnAir(simulation) }).toEqual({ seed, item: 'loops/2.mp4' });
  }
}, 60_000);
