import { EXIT, type Invocation, refuse } from '../command.ts';
import { currentStatus, type CurrentStatus, jsonOf, linesOf, silenceText } from './current-status.ts';
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
  const status = await currentStatus(place);
  if (options.has('line')) terminal.out(oneLineOf(status));
  else if (options.has('json')) {
    terminal.out(JSON.stringify(jsonOf(status), null, 2));
  } else {
    terminal.out(linesOf(status, place, terminal).join('\n'));
    if (status.answer.kind === 'silent') for (const warning of place.warnings) terminal.note(`warning: ${warning}`);
  }
  return isWell(status.answer) ? EXIT.well : EXIT.failed;
}

function oneLineOf({ answer, remains }: CurrentStatus): string {
  if (answer.kind === 'silent') return printable(`unknown DaemonSilent: ${silenceText(answer, remains)}`);
  const { status, reason, message } = answer.report;
  return printable(`${status} ${reason}: ${message}`);
}

const isWell = (answer: HealthAnswer): boolean =>
  answer.kind === 'report' && ['live', 'degraded', 'stopped'].includes(answer.report.status);
