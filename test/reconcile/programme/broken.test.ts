import { describe, expect, it } from 'vitest';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import type { Fetched, MediaTables } from '../../../src/reconcile/model/observation.ts';
import type { Plan } from '../../../src/reconcile/model/plan.ts';
import { mediaIs, prefixWished } from '../mutations.ts';
import { failed, healthyWorld, listed, mutate, NOW_MS, planOf, STORE } from '../world-builder.ts';

const KEYS = Array.from({ length: 1_150 }, (_, nth) => `loops/${nth}.mp4`);
const broken = failed({ reason: 'MediaUndecodable', message: 'it cannot be decoded' }, NOW_MS - 5_000);

/** The item of the old wish is on air, and so many of what is wished now have been looked at in vain. */
function planAfter(looked: number): Plan {
  const facts = new Map<string, Fetched<ItemFacts>>(KEYS.slice(0, looked).map((key) => [key, broken]));
  const media: MediaTables = { ...STORE, facts, listings: new Map([['loops/', listed(KEYS)]]) };
  return planOf(mutate(healthyWorld(), prefixWished, mediaIs(media)));
}
const asked = ({ actions }: Plan): readonly (readonly [string, number])[] =>
  actions.flatMap((action) => (action.kind === 'inspectItem' ? [[action.key, action.maxAgeMs] as const] : []));

describe('a prefix of objects that cannot be played', () => {
  it.each([
    ['lets the item of the old wish play on while the first are looked at', 3, 'Converging', 'playout-undecided'],
    ['is told, and the slate takes over, after a few of them', 30, 'Converging', 'playout-handover'],
    ['is told, and the slate takes over, when all were looked at', 1_150, 'Converging', 'playout-handover'],
  ])('%s', (_, looked, reason, rule) => {
    const plan = planAfter(looked);
    expect([plan.verdict.reason, plan.rules.playout]).toEqual([reason, rule]);
    const programme = plan.conditions.find(({ type }) => type === 'ProgrammeOnAir');
    expect(programme).toMatchObject({ status: 'False', reason: 'MediaUndecodable' });
  });

  it('is looked through to its end, some at a time', () => {
    const next = asked(planAfter(30)).filter(([key]) => !KEYS.slice(0, 30).includes(key));
    expect(next.map(([key]) => key)).toEqual(KEYS.slice(30, 39));
  });

  it('costs two questions a second once all were looked at', () => {
    const ages = new Set(asked(planAfter(1_150)).map(([, maxAgeMs]) => maxAgeMs));
    expect([...ages]).toEqual([1_150 * 500]);
    expect(
      asked(planAfter(3))
        .filter(([key]) => key === KEYS[0])
        .map(([, maxAgeMs]) => maxAgeMs),
    ).toContain(15_000);
  });
});
