import type { Action, Plan } from '../../src/reconcile/model/plan.ts';
import type { PlayoutSpec } from '../../src/reconcile/model/playout.ts';
import { modeOf } from '../../src/reconcile/playout/copy-decision.ts';

/** One readable line per action. */
export function actionText(action: Action): string {
  switch (action.kind) {
    case 'startUplink':
      return `start uplink ${action.runId}`;
    case 'startPlayout':
      return `start playout ${action.runId}: ${specText(action.spec)}`;
    case 'signal':
      return `${action.signal} to the ${action.scope} of ${action.run.runId}: ${action.reason}`;
    case 'inspectItem':
      return `inspect ${action.key}`;
    case 'mendFacts':
      return `mend the facts of ${action.facts.key}: ${action.facts.contradicted ?? ''}`;
    case 'listMedia':
      return `list ${action.prefix}`;
    case 'keepCopy':
      return `keep a copy of ${action.key}`;
    case 'keepClip':
      return `have ${action.copy?.facts.key ?? 'the built-in picture'} in house format`;
    case 'probeIngest':
      return 'probe the ingest';
    case 'forgetRun':
      return `forget ${action.role} ${action.runId}`;
    case 'askYouTube':
      return `ask YouTube to ${action.call.kind}`;
    case 'exit':
      return `exit ${action.code}: ${action.message}`;
  }
}

export function specText(spec: PlayoutSpec): string {
  const { width, height, fps, videoBitrateKbps } = spec.format;
  const format = `${width}x${height}@${fps} ${videoBitrateKbps}k`;
  if (spec.kind === 'slate') return `slate${spec.source === null ? '' : ` ${spec.source.facts.key}`}, ${format}`;
  const { cursor, loops, cut } = spec.part;
  const mode = modeOf(spec.part);
  const extras = [
    cursor.offsetMs > 0 ? ` from ${cursor.offsetMs / 1000} s` : '',
    loops > 1 ? ` ${loops} times` : '',
    cut ? ' cut' : '',
  ];
  return `${spec.facts.key} #${cursor.round}.${cursor.index}${extras.join('')}, ${mode}, ${format}`;
}

/** The whole plan: rules, verdict, then the actions but for the look-ups, which any plan may ask for. */
export function planText(plan: Plan): readonly string[] {
  const { rules, verdict, actions } = plan;
  return [
    `${rules.uplink} ${rules.playout} ${rules.queue}`,
    `${verdict.status} ${verdict.reason}`,
    ...actions.filter(({ kind }) => !LOOK_UPS.includes(kind)).map(actionText),
  ];
}

const LOOK_UPS: readonly Action['kind'][] = ['inspectItem', 'listMedia', 'keepCopy', 'keepClip'];
