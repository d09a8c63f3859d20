import { findLivingRuns, type LivingRuns } from './living-runs.ts';
import { statusLines } from './text.ts';
import type { Terminal } from '../terminal.ts';
import type { DaemonPlace } from '../../environment/daemon-place.ts';
import { askHealth, type HealthAnswer } from '../../health/client.ts';
import { onAirTodayS } from '../../history/on-air-today.ts';
import { wrapped } from '../../text/terminal.ts';

/** What one look tells: the daemon's answer, and without one what is left of the stream. */
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

/** The whole sight for people. */
export function linesOf({ answer, remains, nowMs }: CurrentStatus, place: DaemonPlace, terminal: Terminal): string[] {
  const { columns } = terminal.size();
  const { colour } = terminal;
  switch (answer.kind) {
    case 'report': {
      const todayS = onAirTodayS(place.stateDir, nowMs);
      return statusLines(answer.report, { nowMs, colour, width: columns, todayS });
    }
    case 'silent':
      return [answer.why, remains?.message ?? '', remains?.lastWord ?? '']
        .filter((line) => line !== '')
        .flatMap((line) => (terminal.isInteractive ? wrapped(line, columns) : [line]));
  }
}

/** The sight for programs: the daemon's own report, or a report of its absence under the same names. */
export function jsonOf({ answer, remains }: CurrentStatus): object {
  switch (answer.kind) {
    case 'report':
      return answer.report;
    case 'silent': {
      const uplink = remains?.uplink ?? null;
      const playout = remains?.playout ?? null;
      return {
        status: 'unknown',
        reason: 'DaemonSilent',
        message: `${answer.why}; ${remains?.message ?? ''}`,
        uplink,
        playout,
      };
    }
  }
}
