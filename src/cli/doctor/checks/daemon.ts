import { failed, type Finding, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { findLivingRuns } from '../../status/living-runs.ts';
import type { HealthBody } from '../../../health/body.ts';
import type { HealthAnswer } from '../../../health/client.ts';
import { VERSION } from '../../../system/version.ts';

interface DaemonFacts {
  readonly answer: HealthAnswer;
  /** Whether the stream plays on without a daemon, in words; null where one answers. */
  readonly remains: string | null;
  /** Of this program. */
  readonly version: string;
}

export async function checkDaemon({ health, stateDir }: Situation): Promise<readonly Finding[]> {
  const answer = await health;
  const remains = answer.kind === 'silent' ? findLivingRuns(stateDir, Date.now()).message : null;
  return judgeDaemon({ answer, remains, version: VERSION });
}

/** A stream that is down is a warning only: doctor is about preconditions, and `streamctl status` exits 1 for it. */
export function judgeDaemon({ answer, remains, version }: DaemonFacts): readonly Finding[] {
  const check = 'daemon';
  if (answer.kind === 'silent') {
    if (answer.why.startsWith('something else'))
      return [failed(check, answer.why.split(';')[0] ?? answer.why, 'set STREAM_CONTROLLER_PORT to a free port')];
    const remedy = 'start it: systemctl start stream-controller, or streamctl run';
    return [unknown(check, `${answer.why}; ${remains ?? ''}`, remedy)];
  }
  const { report } = answer;
  const text = `it runs ${report.version}, and this is ${version}`;
  const isOther = report.version !== version;
  return [
    judgeStatus(report),
    ...(isOther ? [warning(check, text, 'systemctl reload stream-controller: the stream plays on')] : []),
    judgeBroadcast(report),
    ...judgeArtwork(report),
  ];
}

function judgeStatus({ status, reason, message }: HealthBody): Finding {
  const text = `/health says ${status} ${reason}: ${message}`;
  switch (status) {
    case 'live':
    case 'stopped':
      return ok('daemon', text);
    case 'degraded':
    case 'starting':
    case 'stopping':
    case 'down':
      return warning('daemon', text, `docs/operate.md tells what to do about ${reason}; streamctl status has more`);
  }
}

function judgeBroadcast({ conditions }: HealthBody): Finding {
  const condition = conditions.find(({ type }) => type === 'BroadcastCountable');
  if (condition === undefined) return unknown('broadcast', 'the daemon does not tell the age of the broadcast');
  const remedy = 'set recycle in desired.yaml, or end the broadcast: running: false for two minutes';
  const { status, message } = condition;
  return status === 'False' ? warning('broadcast', message, remedy) : ok('broadcast', message);
}

/** Whether slate and visuals can be had and fit on this disk; nothing where desired.yaml names none. */
function judgeArtwork({ conditions }: HealthBody): readonly Finding[] {
  const condition = conditions.find(({ type }) => type === 'SceneryAtHand');
  if (condition === undefined) return [];
  const { status, message } = condition;
  return status === 'False'
    ? [warning('visuals', message, 'make room where the state directory is, or name others in desired.yaml')]
    : [ok('visuals', message)];
}
