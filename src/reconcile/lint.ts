import type { Observation } from './model/observation.ts';
import type { Action, Plan } from './model/plan.ts';

/** The laws every plan obeys, whatever rule made it; a broken one is a bug in a rule. Empty = none is broken. */
export function lintPlan(plan: Plan, observation: Observation): readonly string[] {
  const { actions, verdict } = plan;
  const flaws: string[] = [];
  const count = (kind: Action['kind']): number => actions.filter((action) => action.kind === kind).length;
  const { runs } = observation;
  const touching = actions.filter(({ kind }) => kind === 'signal' || kind === 'startUplink' || kind === 'startPlayout');
  if (runs.kind !== 'known' && touching.length > 0) flaws.push('it touches processes nobody could see');
  if (count('startUplink') > 1) flaws.push('it starts two uplinks');
  if (count('startPlayout') > 2) flaws.push('it starts more than a playout and its successor');
  if (runs.kind === 'known') {
    const { uplinks, playouts } = runs.value;
    if (count('startUplink') > 0 && uplinks.length > 0) flaws.push('it starts an uplink beside another');
    const reservoirs = playouts.flatMap(({ reservoir }) => reservoir ?? []);
    const living = [...[...uplinks, ...playouts].map((run) => run.process), ...reservoirs];
    const seen = new Set(living.map(({ pid, startTicks }) => `${pid} ${startTicks}`));
    for (const action of actions) {
      if (action.kind !== 'signal') continue;
      const { pid, startTicks } = action.run.process;
      if (!seen.has(`${pid} ${startTicks}`)) flaws.push(`it signals ${pid}, which was not seen`);
    }
    const acknowledged = uplinks.some((run) => run.sendQueue.kind === 'known' && (run.progress?.totalBytes ?? 0) > 0);
    if (verdict.status === 'live' && !acknowledged) flaws.push('it says live though nothing was acknowledged');
  }
  const signalled = actions.flatMap((action) => (action.kind === 'signal' ? [action.run.process.pid] : []));
  if (new Set(signalled).size !== signalled.length) flaws.push('it signals one process twice');
  return flaws;
}
