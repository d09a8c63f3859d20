import { findLivingRuns, type LivingRuns } from './living-runs.ts';
import { statusLines } from './text.ts';
import type { Terminal } from '../terminal.ts';
import type { DaemonPlace } from '../../environment/daemon-place.ts';
import { askHealth, type HealthAnswer } from '../../health/client.ts';
import { onAirTodayS } from '../../history/on-air-today.ts';
import { wrapped } from '../../text/terminal.ts';

/** What one look tells: the daemon's answer, and without one which runs of the stream live. */
export interface CurrentStatus {
  readonly answer: HealthAnswer;
  /** Set when nobody answers. */
  readonly remains: LivingRuns | null;
  readonly nowMs: number;
}

export async function currentStatus(place: DaemonPlace): Promise<CurrentStatus> {
  const answer = await askHealth(place);
  const nowMs = Date.now();
  return { answer, remains: answer.kind === 'silent' ? findLivingRuns(place.stateDir, nowMs) : null, nowMs };
}

/** The status for people. */
export function linesOf({ answer, remains, nowMs }: CurrentStatus, place: DaemonPlace, terminal: Terminal): string[] {
  const { columns } = terminal.size();
  if (answer.kind === 'report') {
    const todayS = onAirTodayS(place.stateDir, nowMs);
    return statusLines(answer.report, { nowMs, colour: terminal.colour, width: columns, todayS });
  }
  return [answer.why, remains?.message ?? '', remains?.lastWord ?? '']
    .filter((line) => line !== '')
    .flatMap((line) => (terminal.isInteractive ? wrapped(line, columns) : [line]));
}

/** The status for programs: the body of `/health`, or with the same names that no daemon answers. */
export function jsonOf({ answer, remains }: CurrentStatus): object {
  if (answer.kind === 'report') return answer.report;
  const { uplink = null, playout = null } = remains ?? {};
  return { status: 'unknown', reason: 'DaemonSilent', message: silenceText(answer, remains), uplink, playout };
}

/** Why no daemon answers, and whether the stream plays on. */
export const silenceText = ({ why }: { readonly why: string }, remains: LivingRuns | null): string =>
  `${why}; ${remains?.message ?? ''}`;
