import { describe, expect, it } from 'vitest';
import { PLAN_ROWS } from './plan-rows.ts';
import { planText } from './plan-text.ts';
import { healthyWorld, mutate, planOf } from './world-builder.ts';

describe('plan', () => {
  it.each(PLAN_ROWS)('$name', ({ world, plan }) => {
    expect(planText(planOf(mutate(healthyWorld(), ...world)))).toEqual(plan);
  });
});
