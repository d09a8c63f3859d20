import { urlToHttpOptions } from 'node:url';
import { existsSync, readFileSync } from 'node:fs';
import { failed, type Finding, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import type { Settings } from '../../../environment/settings.ts';
import { duration } from '../../../text/units.ts';
import { askByHttp } from '../../../system/http.ts';

interface ClockFacts {
  /** How far this machine is ahead of the store, in milliseconds, good to a second; null = nobody told. */
  readonly aheadMs: number | null;
  /** systemd-timesyncd has set the clock; null = it does not say, another service may. */
  readonly synchronised: true | null;
}

const ANSWER_WITHIN_MS = 5_000;
/** S3 refuses what is dated more than 15 minutes off. */
const REFUSED_MS = 15 * 60_000;
const NOTABLE_MS = 60_000;

export async function checkClock({ settings }: Situation, signal: AbortSignal): Promise<readonly Finding[]> {
  const origin = settings === null ? null : originOf(settings);
  const aheadMs = origin === null ? null : await askDate(origin, settings?.caFile ?? null, signal);
  const synchronised = existsSync('/run/systemd/timesync/synchronized') ? true : null;
  return [judgeClock({ aheadMs, synchronised })];
}

function originOf({ storage }: Settings): string | null {
  if (storage.kind !== 's3') return null;
  return storage.endpoint === null ? `https://s3.${storage.region}.amazonaws.com` : new URL(storage.endpoint).origin;
}

/** How far this machine is ahead, by the `Date` of any answer; no credentials are sent. null = no answer, or no date in it. */
async function askDate(origin: string, caFile: string | null, signal: AbortSignal): Promise<number | null> {
  const startedMs = Date.now();
  const response = await askByHttp({
    ...urlToHttpOptions(new URL(origin)),
    method: 'HEAD',
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    // A wrong clock makes the certificate invalid, and would then hide itself. No secret is sent.
    rejectUnauthorized: false,
    ca: caFile === null ? null : readFileSync(caFile),
  }).catch(() => null);
  if (response === null) return null;
  const midMs = (startedMs + Date.now()) / 2;
  // The header has whole seconds: on average the moment is half a second later.
  const storeMs = Date.parse(response.headers.date ?? '') + 500;
  response.destroy();
  return Number.isNaN(storeMs) ? null : midMs - storeMs;
}

export function judgeClock({ aheadMs, synchronised }: ClockFacts): Finding {
  const check = 'clock';
  const remedy = 'set it by NTP: timedatectl set-ntp true';
  if (aheadMs === null) {
    return synchronised === true
      ? ok(check, 'set by NTP')
      : unknown(check, 'no store told its time', 'see timedatectl: "System clock synchronized: yes" is what is wanted');
  }
  const offMs = Math.abs(aheadMs);
  const text = `${duration(offMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} the store's`;
  if (offMs >= REFUSED_MS) return failed(check, `${text}, which refuses requests that are 15 min off`, remedy);
  if (offMs >= NOTABLE_MS) return warning(check, text, remedy);
  return ok(check, offMs < 2_000 ? "in step with the store's" : text);
}
