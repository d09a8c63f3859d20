import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { healthBody } from '../../src/health/body.ts';
import { lintPlan } from '../../src/reconcile/lint.ts';
import { type Memory, NO_MEMORY } from '../../src/reconcile/model/memory.ts';
import type { Action, Plan } from '../../src/reconcile/model/plan.ts';
import type { Run } from '../../src/reconcile/model/run.ts';
import { plan } from '../../src/reconcile/plan.ts';
import { arbitraryLooks, type Look } from './arbitrary-world.ts';
import { after, holderPlays } from './mutations.ts';
import { healthyWorld, itemAt, MINUTE_MS, mutate, planOf, SETTINGS } from './world-builder.ts';

/** Thousands of worlds take their time on a busy machine. */
vi.setConfig({ testTimeout: 60_000 });

interface Step {
  readonly look: Look;
  readonly before: Memory;
  readonly plan: Plan;
}

/** What the planner does of a series of looks, from nothing. */
function passes(looks: readonly Look[]): readonly Step[] {
  let memory = NO_MEMORY;
  return looks.map((look) => {
    const before = memory;
    const made = plan({ ...SETTINGS, intent: look.intent }, look.observation, before, look.now);
    memory = made.memory;
    return { look, before, plan: made };
  });
}

/** Holds for every pass of any series of looks. */
function always(law: (step: Step) => void, runs = 500): void {
  fc.assert(
    fc.property(arbitraryLooks({ minLength: 1, maxLength: 6 }), (looks) => {
      for (const step of passes(looks)) law(step);
    }),
    { numRuns: runs },
  );
}

const seenRuns = ({ look }: Step): readonly Run[] => {
  const { runs } = look.observation;
  return runs.kind === 'known' ? [...runs.value.uplinks, ...runs.value.playouts] : [];
};

/** The run as its reservoir alone is signalled. */
function reservoirOf(run: Run): readonly Run[] {
  if (run.role !== 'playout' || run.reservoir === null) return [];
  const { pid, startTicks } = run.reservoir;
  return [{ ...run, process: { pid, startTicks } }];
}

const TOUCHING: readonly Action['kind'][] = ['startUplink', 'startPlayout', 'signal'];
const touching = ({ actions }: Plan): readonly Action[] => actions.filter(({ kind }) => TOUCHING.includes(kind));

describe('any plan', () => {
  it('breaks no law of planning', () => {
    always((step) => expect(lintPlan(step.plan, step.look.observation)).toEqual([]), 1_000);
  });

  it('is the same for the same arguments', () => {
    always(({ look, before, plan: made }) => {
      expect(plan({ ...SETTINGS, intent: look.intent }, look.observation, before, look.now)).toEqual(made);
    }, 500);
  });

  it('is the same for a copy of what was seen, so that is data and nothing is looked up while planning', () => {
    always(({ look, before, plan: made }) => {
      const { settings, observation, memory } = structuredClone({
        settings: { ...SETTINGS, intent: look.intent },
        observation: look.observation,
        memory: before,
      });
      expect(plan(settings, observation, memory, look.now)).toEqual(made);
      expect(structuredClone(made)).toEqual(made);
    }, 500);
  });

  it('is the same for tallies that went through the state file', () => {
    always(({ look, before, plan: made }) => {
      const restored = JSON.parse(JSON.stringify(before)) as Memory;
      expect(restored).toEqual(before);
      expect(plan({ ...SETTINGS, intent: look.intent }, look.observation, restored, look.now)).toEqual(made);
    }, 500);
  });

  it('touches no process when the processes could not be seen', () => {
    always(({ look, plan: made }) => {
      if (look.observation.runs.kind !== 'known') expect(touching(made)).toEqual([]);
    });
  });

  it('signals only runs that were seen in this very look, as they were seen, and their reservoirs', () => {
    always((step) => {
      const seen = seenRuns(step).flatMap((run) => [run, ...reservoirOf(run)]);
      for (const action of step.plan.actions) if (action.kind === 'signal') expect(seen).toContainEqual(action.run);
    });
  });

  it('starts at most one uplink, and none beside a living one', () => {
    always((step) => {
      const starts = step.plan.actions.filter(({ kind }) => kind === 'startUplink').length;
      const living = seenRuns(step).filter(({ role }) => role === 'uplink').length;
      expect(starts).toBeLessThanOrEqual(living === 0 ? 1 : 0);
    });
  });

  it('starts at most one playout, and with a run id of its own', () => {
    always((step) => {
      const starts = step.plan.actions.filter((action) => action.kind === 'startPlayout');
      expect(starts.length).toBeLessThanOrEqual(1);
      for (const { runId } of starts) expect(seenRuns(step).map((run) => run.runId)).not.toContain(runId);
    });
  });

  it('starts nothing once the daemon was told to end, or while FFmpeg is not known to work', () => {
    always(({ look, plan: made }) => {
      if (look.intent === 'run' && look.observation.toolchain.kind === 'ready') return;
      expect(made.actions.filter(({ kind }) => kind.startsWith('start'))).toEqual([]);
    });
  });

  it('says live only of an item whose bytes the ingest acknowledges', () => {
    always((step) => {
      if (step.plan.verdict.status !== 'live') return;
      const { runs } = step.look.observation;
      if (runs.kind !== 'known') throw new Error('live, though nobody could look');
      const acknowledged = runs.value.uplinks.filter(
        ({ progress, sendQueue }) =>
          (progress?.totalBytes ?? 0) > 0 && sendQueue.kind === 'known' && sendQueue.value.unackedMs < 3_000,
      );
      expect(acknowledged).not.toEqual([]);
      const holders = runs.value.playouts.filter(
        ({ gate, record }) => gate?.place === 'holder' && record?.kind === 'item',
      );
      expect(holders).not.toEqual([]);
    }, 1_500);
  });

  it('says live, and takes a file for applied, only with an item of its programme on air', () => {
    always((step) => {
      const { verdict, memory } = step.plan;
      const { accepted } = step.look.observation.desired;
      const source = accepted?.spec.media;
      if (verdict.status !== 'live' || source === undefined || source.kind === 'prefix') return;
      const keys = source.kind === 'key' ? [source.key] : source.keys;
      const playing = healthBody({ ...step.look, ...step, results: [] }, '').playout?.item;
      expect(keys).toContain(playing);
      if (step.before.appliedHash !== memory.appliedHash) expect(memory.appliedHash).toBe(accepted?.hash);
    }, 1_500);
  });

  it('goes on ending what is being ended until it is gone', () => {
    always((step) => {
      const { before, plan: made } = step;
      const alive = new Set(seenRuns(step).map(({ runId }) => runId));
      const blind = step.look.observation.runs.kind !== 'known';
      for (const [runId, earlier] of Object.entries(before.stopping)) {
        const now = made.memory.stopping[runId];
        if (!alive.has(runId) && !blind) expect(now).toBeUndefined();
        else {
          expect(now).toBeDefined();
          const harsher = now?.manner !== earlier.manner;
          if (!harsher) expect(now?.signals).toBeGreaterThanOrEqual(earlier.signals);
        }
      }
    });
  });

  it('exits only with nothing left on air after being told to end, or after the last retry', () => {
    always((step) => {
      const exit = step.plan.actions.find((action) => action.kind === 'exit');
      if (exit === undefined) return;
      if (exit.code === 0) {
        expect(step.look.intent).toBe('stop');
        expect(seenRuns(step)).toEqual([]);
      } else expect(step.plan.memory.uplink.backoff.failures).toBeGreaterThanOrEqual(SETTINGS.policy.maxRetries);
    });
  });
});

describe('what the planner remembers', () => {
  it('stays bounded over 500 passes of unlike worlds', () => {
    fc.assert(
      fc.property(arbitraryLooks({ minLength: 500, maxLength: 500 }), (looks) => {
        for (const step of passes(looks)) {
          const { memory } = step.plan;
          const seen = seenRuns(step).length;
          const blind = step.look.observation.runs.kind !== 'known';
          if (!blind) expect(Object.keys(memory.playouts).length).toBeLessThanOrEqual(seen + 1);
          if (!blind) expect(Object.keys(memory.stopping).length).toBeLessThanOrEqual(seen);
          expect(Object.keys(memory.conditions).length).toBeLessThanOrEqual(8);
          expect(memory.uplink.backoff.deathsAtMs.length).toBeLessThanOrEqual(16);
          expect(JSON.stringify(memory).length).toBeLessThan(16_384);
        }
      }),
      { numRuns: 4, seed: 7 },
    );
  });
});

describe('a converged world', () => {
  it('plans no process action, wherever in its item it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5_000, max: 575_000 }), fc.integer({ min: 0, max: 900 }), (outTimeMs, laterMs) => {
        const world = mutate(healthyWorld(), holderPlays(itemAt('rain.mp4', 0), outTimeMs), after(laterMs));
        const { actions, verdict } = planOf(world);
        expect(actions.filter(({ kind }) => TOUCHING.includes(kind))).toEqual([]);
        expect(verdict.status).toBe('live');
      }),
    );
  });

  it('is reported as the applied file', () => {
    expect(planOf(healthyWorld()).memory.appliedHash).toBe('aaaaaaaaaaaa');
    expect(planOf(mutate(healthyWorld(), after(MINUTE_MS))).memory.appliedHash).toBe('aaaaaaaaaaaa');
  });
});
