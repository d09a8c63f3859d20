import { describe, expect, it } from 'vitest';
import { PLAYOUT_ROWS, QUEUE_RULES, UPLINK_ROWS } from '../../src/reconcile/model/rules.ts';
import { PLAN_ROWS } from './plan-rows.ts';
import { healthyWorld, mutate, planOf } from './world-builder.ts';

const fired = new Set<string>();
for (const { world } of PLAN_ROWS) {
  const { rules } = planOf(mutate(healthyWorld(), ...world));
  fired.add(rules.uplink).add(rules.playout).add(rules.queue);
}

describe('the table of plans', () => {
  it.each([
    ['uplink', Object.keys(UPLINK_ROWS)],
    ['playout', Object.keys(PLAYOUT_ROWS)],
    ['queue', QUEUE_RULES],
  ] as const)('exercises every %s rule', (_role, rules: readonly string[]) => {
    expect(rules.filter((rule) => !fired.has(rule))).toEqual([]);
  });

  it('names every row differently', () => {
    const names = PLAN_ROWS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});
