import type { Observation } from './model/observation.ts';
import type { Action, Plan } from './model/plan.ts';

/** A broken law of planning, and the actions that break it; no actions = what the plan says breaks it. */
export interface Flaw {
  readonly law: string;
  readonly actions: readonly Action[];
}

/** Checks the laws that every plan obeys, whatever rule made it. A broken law is a bug in a rule; empty = none is broken. */
export function lintPlan({ actions, verdict }: Plan, { runs }: Observation): readonly Flaw[] {
  const flaws: Flaw[] = [];
  const breaks = (law: string, broken: readonly Action[]): unknown => flaws.push({ law, actions: broken });
  const uplinkStarts = actions.filter(({ kind }) => kind === 'startUplink');
  const playoutStarts = actions.filter(({ kind }) => kind === 'startPlayout');
  const signals = actions.filter((action) => action.kind === 'signal');
  const touching = [...signals, ...uplinkStarts, ...playoutStarts];
  if (runs.kind !== 'known' && touching.length > 0) breaks('it touches processes nobody could see', touching);
  if (uplinkStarts.length > 1) breaks('it starts two uplinks', uplinkStarts);
  if (playoutStarts.length > 2) breaks('it starts more than a playout and its successor', playoutStarts);
  if (runs.kind === 'known') {
    const { uplinks, playouts } = runs.value;
    if (uplinkStarts.length > 0 && uplinks.length > 0) breaks('it starts an uplink beside another', uplinkStarts);
    const reservoirs = playouts.flatMap(({ reservoir }) => reservoir ?? []);
    const living = [...[...uplinks, ...playouts].map((run) => run.process), ...reservoirs];
    const seen = new Set(living.map(({ pid, startTicks }) => `${pid} ${startTicks}`));
    for (const signal of signals) {
      const { pid, startTicks } = signal.run.process;
      if (!seen.has(`${pid} ${startTicks}`)) breaks(`it signals ${pid}, which was not seen`, [signal]);
    }
    const acknowledged = uplinks.some((run) => run.sendQueue.kind === 'known' && (run.progress?.totalBytes ?? 0) > 0);
    if (verdict.status === 'live' && !acknowledged) breaks('it says live though nothing was acknowledged', []);
  }
  for (const twice of Map.groupBy(signals, ({ run }) => run.process.pid).values()) {
    if (twice.length > 1) breaks('it signals one process twice', twice);
  }
  return flaws;
}

/** The plan without the actions that break a law; `flaws` names the law. So a bug in one rule does not end the stream. */
export function lawful(plan: Plan, observation: Observation): Plan {
  const flaws = lintPlan(plan, observation);
  if (flaws.length === 0) return plan;
  const broken = new Set(flaws.flatMap(({ actions }) => actions));
  return {
    ...plan,
    actions: plan.actions.filter((action) => !broken.has(action)),
    flaws: [...plan.flaws, ...flaws.map(({ law }) => law)],
  };
}
