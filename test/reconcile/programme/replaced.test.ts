import { describe, expect, it } from 'vitest';
import type { MediaTables } from '../../../src/reconcile/model/observation.ts';
import type { Plan } from '../../../src/reconcile/model/plan.ts';
import { exited, holderIsSlate, mediaEdited, mediaIs, noWaiter, seenBefore, waiterTookOver } from '../mutations.ts';
import { factsOf, healthyWorld, mediaTables, mutate, NOW_MS, ok, planOf, settled, STORE } from '../world-builder.ts';

const rain = (version: string, atMs: number): MediaTables => ({
  ...STORE,
  facts: mediaTables({ 'rain.mp4': ok(factsOf('rain.mp4', { version }), atMs) }).facts,
});
const sole = mediaEdited('rain.mp4');
const startedAt = ({ actions }: Plan): readonly (number | string)[] =>
  actions.flatMap((action) =>
    action.kind !== 'startPlayout'
      ? []
      : [action.spec.kind === 'item' ? action.spec.part.cursor.offsetMs : action.spec.kind],
  );

describe('an object that is replaced while it is on air', () => {
  const world = mutate(healthyWorld(), sole, seenBefore);
  const died = [waiterTookOver, exited({ runId: 'p1', role: 'playout', code: 0, outTimeMs: 61_000 })];

  it('is put in line from its beginning, a minute into the old one', () => {
    expect(startedAt(planOf(mutate(world, noWaiter, mediaIs(rain('v2', NOW_MS - 1_000)))))).toEqual([0]);
  });

  it('goes on where it was when it is the same', () => {
    expect(startedAt(planOf(mutate(healthyWorld(), sole, seenBefore, holderIsSlate)))).toEqual([59_497]);
  });

  it('is not blamed for the end of the old one, nor made to wait, nor begun where that was', () => {
    // Nobody knows of the new object when the playout of the old one ends.
    const dead = mutate(world, mediaIs(rain('rain.mp4 v1', NOW_MS - 5_000)), ...died);
    const first = planOf(dead);
    expect([first.verdict.reason, first.memory.cursor?.offsetMs]).toEqual(['SlateShowing', 60_497]);
    expect(first.actions).toContainEqual(
      expect.objectContaining({ kind: 'inspectItem', key: 'rain.mp4', maxAgeMs: 0 }),
    );
    const exits = { ...dead.observation, exits: [] };
    const asked = { ...dead, observation: exits, memory: first.memory, now: { ...dead.now, monoMs: NOW_MS + 400 } };
    const second = planOf(mutate(asked, mediaIs(rain('v2', NOW_MS + 200))));
    expect(second.verdict.reason).toBe('SlateShowing');
    expect(second.memory.items).toEqual({});
    expect(startedAt(second)).toEqual([0]);
  });

  it('is begun anew by a daemon that knows of the old one by its state file only', () => {
    const kept = settled(world).memory;
    const successor = mutate({ ...world, memory: kept }, holderIsSlate, mediaIs(rain('v2', NOW_MS - 1_000)));
    expect(startedAt(planOf(successor))).toEqual([0]);
  });
});
