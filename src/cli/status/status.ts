import { EXIT, type Invocation, refuse } from '../command.ts';
import { currentStatus, type CurrentStatus, jsonOf, linesOf } from './current-status.ts';
import { findDaemon } from '../../environment/daemon-place.ts';
import type { HealthAnswer } from '../../health/client.ts';
import { printable } from '../../text/terminal.ts';

/** Tells how the stream is: once, or again and again. */
export async function run({ options, env, cwd, terminal }: Invocation): Promise<number> {
  const found = findDaemon(env, cwd);
  if (found.kind === 'wrong') return refuse(terminal, found.message);
  const { place } = found;
  if (options.has('watch')) {
    const { watchStatus } = await import('./watch.ts');
    return watchStatus(place, terminal, options.has('json') ? 'json' : 'text');
  }
  const sight = await currentStatus(place);
  if (options.has('line')) terminal.out(oneLineOf(sight));
  else if (options.has('json')) {
    terminal.out(JSON.stringify(jsonOf(sight), null, 2));
  } else {
    terminal.out(linesOf(sight, place, terminal).join('\n'));
    if (sight.answer.kind === 'silent') for (const warning of place.warnings) terminal.note(`warning: ${warning}`);
  }
  return isWell(sight.answer) ? EXIT.well : EXIT.failed;
}

const oneLineOf = ({ answer, remains }: CurrentStatus): string =>
  printable(
    answer.kind === 'report'
      ? `${answer.report.status} ${answer.report.reason}: ${answer.report.message}`
      : `unknown DaemonSilent: ${answer.why}; ${remains?.message ?? ''}`,
  );

const isWell = (answer: HealthAnswer): boolean =>
  answer.kind === 'report' && ['live', 'degraded', 'stopped'].includes(answer.report.status);
