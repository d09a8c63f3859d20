import { errorCode, errorMessage } from '../system/errors.ts';
import { askByHttp, readBeginning } from '../system/http.ts';
import { parseJson } from '../system/json.ts';
import type { HealthBody } from './body.ts';

export type HealthAnswer =
  | { readonly kind: 'report'; readonly report: HealthBody }
  /** Nobody answers, or somebody else does; in words. */
  | { readonly kind: 'silent'; readonly why: string };

const ANSWER_WITHIN_MS = 3_000;
const MOST_BYTES = 1024 * 1024;

/** Where a daemon listens. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/** Asks `/health` of the daemon that listens there, once; never rejects. */
export async function askHealth({ host, port }: Address): Promise<HealthAnswer> {
  const where = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  try {
    const response = await askByHttp({ host, port, path: '/health', signal });
    const bytes = await readBeginning(response, MOST_BYTES + 1);
    if (bytes.length > MOST_BYTES) throw new Error('the answer has no end');
    const body = parseJson(bytes.toString('utf8'));
    if (isReport(body)) return { kind: 'report', report: body };
    return {
      kind: 'silent',
      why: `something else than our daemon answers on ${where}; set STREAM_CONTROLLER_PORT`,
    };
  } catch (error) {
    const late = `no answer within ${String(ANSWER_WITHIN_MS / 1000)} s`;
    const why = signal.aborted ? late : (REASONS[errorCode(error, '')] ?? errorMessage(error));
    return { kind: 'silent', why: `no daemon answers on ${where} (${why})` };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'unknown host',
  EHOSTUNREACH: 'no route to the host',
};

const STATUSES: ReadonlySet<unknown> = new Set(['live', 'degraded', 'stopped', 'starting', 'stopping', 'down']);
const OBJECTS = ['desired', 'applied', 'restarts', 'onAirSeconds', 'conditions'] as const;

/** Tells our daemon's answer from another program's. Fields that came with a later version may be missing. */
function isReport(value: unknown): value is HealthBody {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const texts = ['reason', 'message', 'since', 'version'].every((name) => typeof fields[name] === 'string');
  const objects = OBJECTS.every((name) => typeof fields[name] === 'object' && fields[name] !== null);
  return (
    STATUSES.has(fields['status']) && texts && objects && 'uplink' in fields && 'playout' in fields && 'next' in fields
  );
}
