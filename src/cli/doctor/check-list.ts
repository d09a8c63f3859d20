import { checkClock } from './checks/clock.ts';
import { checkDaemon } from './checks/daemon.ts';
import { checkDesired } from './checks/desired.ts';
import { checkDisk } from './checks/disk.ts';
import { checkEnvironment } from './checks/environment.ts';
import { checkFfmpeg } from './checks/ffmpeg.ts';
import { checkHost } from './checks/host.ts';
import { checkIngest } from './checks/ingest.ts';
import { checkStorage } from './checks/storage.ts';
import { checkUnits } from './checks/units.ts';
import { checkUpstream } from './checks/upstream.ts';
import { checkYouTube } from './checks/youtube.ts';
import type { Finding } from './finding.ts';
import type { Situation } from './situation.ts';
import { errorMessage } from '../../system/errors.ts';
import { inTime } from '../../system/in-time.ts';

export interface Check {
  /** Shown while it is under way. */
  readonly name: string;
  readonly run: (situation: Situation, signal: AbortSignal) => Promise<readonly Finding[]>;
  /** The finding when the check does not end in time. */
  readonly whenLate: Pick<Finding, 'verdict' | 'remedy'>;
}

const NOT_TOLD = late('unknown', 'try again; is this machine overloaded, or a file system away?');

const LATE_FFMPEG = 'run it by hand: ffmpeg -version; or set FFMPEG_PATH to another';
const LATE_STORAGE = 'check the network, DNS, a firewall in between, and STORAGE_ENDPOINT';
const FIREWALL = 'and a firewall that drops outgoing connections';

/** Every check, in the order of the report. */
export const CHECKS: readonly Check[] = [
  { name: 'host', run: checkHost, whenLate: NOT_TOLD },
  { name: 'ffmpeg', run: checkFfmpeg, whenLate: late('failed', LATE_FFMPEG) },
  { name: 'environment', run: checkEnvironment, whenLate: NOT_TOLD },
  { name: 'desired', run: checkDesired, whenLate: NOT_TOLD },
  { name: 'storage', run: checkStorage, whenLate: late('failed', LATE_STORAGE) },
  { name: 'ingest', run: checkIngest, whenLate: late('failed', `check the network, DNS, ${FIREWALL}`) },
  { name: 'youtube', run: checkYouTube, whenLate: late('unknown', `check the network, ${FIREWALL}`) },
  { name: 'upstream', run: checkUpstream, whenLate: NOT_TOLD },
  { name: 'clock', run: checkClock, whenLate: NOT_TOLD },
  { name: 'disk', run: checkDisk, whenLate: NOT_TOLD },
  { name: 'systemd', run: checkUnits, whenLate: NOT_TOLD },
  { name: 'daemon', run: checkDaemon, whenLate: NOT_TOLD },
];

function late(verdict: 'failed' | 'unknown', remedy: string): Check['whenLate'] {
  return { verdict, remedy };
}

interface RunOptions {
  readonly limitMs: number;
  /** Told whenever one ends: the names of those still under way. */
  readonly onProgress: (underWay: readonly string[]) => void;
}

/** Runs all checks at once, none for longer than the limit; never rejects. Findings come in the order of the checks. */
export async function runChecks(
  checks: readonly Check[],
  situation: Situation,
  { limitMs, onProgress }: RunOptions,
): Promise<readonly Finding[]> {
  const underWay = new Set(checks.map(({ name }) => name));
  onProgress([...underWay]);
  const findings = await Promise.all(
    checks.map(async (check) => {
      const found = await within(check, situation, limitMs);
      underWay.delete(check.name);
      onProgress([...underWay]);
      return found;
    }),
  );
  return findings.flat();
}

async function within(check: Check, situation: Situation, limitMs: number): Promise<readonly Finding[]> {
  const { name: what, whenLate } = check;
  const end = new AbortController();
  try {
    return await inTime(limitMs, check.run(situation, end.signal), () => {
      end.abort();
      return [{ check: what, message: `no answer within ${String(limitMs / 1000)} s`, ...whenLate }];
    });
  } catch (error) {
    const why = errorMessage(error);
    return [{ check: what, verdict: 'unknown', message: `the check itself failed: ${why}`, remedy: null }];
  }
}
