import { lookWithoutDaemon, type Remains } from './living-runs.ts';
import { statusLines } from './text.ts';
import type { Terminal } from '../terminal.ts';
import type { DaemonPlace } from '../../environment/daemon-place.ts';
import { askHealth, type HealthAnswer } from '../../health/client.ts';
import { airTodayS } from '../../history/on-air-today.ts';
import { wrapped } from '../../text/terminal.ts';

/** What one look tells: the daemon's answer, and without one what is left of the stream. */
export interface Sight {
  readonly answer: HealthAnswer;
  /** Set when nobody answers. */
  readonly remains: Remains | null;
  readonly nowMs: number;
}

export async function lookAt(place: DaemonPlace): Promise<Sight> {
  const answer = await askHealth(place);
  const nowMs = Date.now();
  return { answer, remains: answer.kind === 'silent' ? lookWithoutDaemon(place.stateDir, nowMs) : null, nowMs };
}

/** The whole sight for people. */
export function linesOf({ answer, remains, nowMs }: Sight, place: DaemonPlace, terminal: Terminal): string[] {
  const { columns } = terminal.size();
  const { colour } = terminal;
  switch (answer.kind) {
    case 'report': {
      const todayS = airTodayS(place.stateDir, nowMs);
      return statusLines(answer.report, { nowMs, colour, width: columns, todayS });
    }
    case 'silent':
      return [answer.why, remains?.message ?? '', remains?.lastWord ?? '']
        .filter((line) => line !== '')
        .flatMap((line) => (terminal.isInteractive ? wrapped(line, columns) : [line]));
  }
}

/** The sight for programs: the daemon's own report, or a report of its absence under the same names. */
export function jsonOf({ answer, remains }: Sight): object {
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
