import { describe, expect, it } from 'vitest';
import { lawful, lintPlan } from '../../src/reconcile/lint.ts';
import type { Action, Plan } from '../../src/reconcile/model/plan.ts';
import { absent } from '../../src/reconcile/model/observed.ts';
import { runsUnknown, uplinkDead, uplinkIs } from './mutations.ts';
import { healthyWorld, mutate, type Mutation, planOf, slateOf, SPEC, uplinkRun } from './world-builder.ts';

const STARTING: Plan['verdict'] = { status: 'starting', reason: 'Starting', message: '' };
const START_UPLINK: Action = { kind: 'startUplink', runId: 'n-u', specHash: 'ffffffffffff' };
const startPlayout = (runId: string): Action => ({
  kind: 'startPlayout',
  runId,
  specHash: 'ffffffffffff',
  spec: slateOf(SPEC),
  seenAtWallMs: 0,
  reservoirBytes: null,
});
const signal = (pid: number): Action => ({
  kind: 'signal',
  run: uplinkRun({ process: { pid, startTicks: 1_010 } }),
  signal: 'SIGTERM',
  scope: 'process',
  reason: 'test',
});

/** What the linter says of the healthy plan with these actions instead, in the world so changed. */
function lint(
  actions: readonly Action[],
  change: Partial<Plan> = {},
  ...world: readonly Mutation[]
): readonly string[] {
  const { observation } = mutate(healthyWorld(), ...world);
  return lintPlan({ ...planOf(healthyWorld()), actions, ...change }, observation).map(({ law }) => law);
}

describe('lintPlan', () => {
  it('finds nothing wrong with a good plan', () => {
    expect(lint([])).toEqual([]);
    expect(lint([signal(101)])).toEqual([]);
    expect(lint([START_UPLINK, startPlayout('a')], { verdict: STARTING }, uplinkDead)).toEqual([]);
  });

  it.each<[string, readonly Action[], readonly Mutation[]]>([
    ['it touches processes nobody could see', [signal(101)], [runsUnknown]],
    ['it starts two uplinks', [START_UPLINK, START_UPLINK], [uplinkDead]],
    ['it starts more than a playout and its successor', [startPlayout('a'), startPlayout('b'), startPlayout('c')], []],
    ['it starts an uplink beside another', [START_UPLINK], []],
    ['it signals 999, which was not seen', [signal(999)], []],
    ['it signals one process twice', [signal(101), signal(101)], []],
  ])('says: %s', (flaw, actions, world) => {
    expect(lint(actions, { verdict: STARTING }, ...world)).toContain(flaw);
  });

  it('says: it signals a process whose number was given to another since', () => {
    const reused = { ...signal(101), run: uplinkRun({ process: { pid: 101, startTicks: 99 } }) };
    expect(lint([reused as Action])).toContain('it signals 101, which was not seen');
  });

  it.each<[string, readonly Mutation[]]>([
    ['there is no uplink', [uplinkDead]],
    ['it has no connection', [uplinkIs({ sendQueue: absent })]],
    ['it has sent nothing', [uplinkIs({ progress: null })]],
  ])('says that live is wrong when %s', (_case, world) => {
    expect(lint([], {}, ...world)).toContain('it says live though nothing was acknowledged');
  });
});

describe('a plan that breaks a law', () => {
  it('loses what breaks it, and nothing else', () => {
    const plan = { ...planOf(healthyWorld()), actions: [signal(101), signal(999), startPlayout('a')] };
    const { actions, flaws } = lawful(plan, healthyWorld().observation);
    expect(actions).toEqual([signal(101), startPlayout('a')]);
    expect(flaws).toEqual(['it signals 999, which was not seen']);
  });

  it('is carried out where only its word is wrong', () => {
    const { observation } = mutate(healthyWorld(), uplinkDead);
    const plan = { ...planOf(healthyWorld()), actions: [START_UPLINK] };
    expect(lawful(plan, observation)).toMatchObject({ actions: [START_UPLINK], flaws: [expect.any(String)] });
  });

  it('is left as it is where it breaks none', () => {
    const plan = planOf(healthyWorld());
    expect(lawful(plan, healthyWorld().observation)).toBe(plan);
  });
});
