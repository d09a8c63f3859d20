import { type IncomingMessage, get } from 'node:http';
import type { HealthBody } from './body.ts';

export type HealthAnswer =
  | { readonly kind: 'report'; readonly report: HealthBody }
  /** Nobody answers, or somebody else does; in words. */
  | { readonly kind: 'silent'; readonly why: string };

const ANSWER_WITHIN_MS = 3_000;
const MOST_BYTES = 1024 * 1024;

/** Asks `/health` of the daemon that listens there, once; never rejects. */
export async function askHealth({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<HealthAnswer> {
  const where = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  try {
    return understood(await bodyOf(host, port), where);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
    return { kind: 'silent', why: `no daemon answers on ${where} (${why})` };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'unknown host',
  EHOSTUNREACH: 'no route to the host',
};

function bodyOf(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const fail = (error: Error): void =>
      reject(signal.aborted ? new Error(`no answer within ${String(ANSWER_WITHIN_MS / 1000)} s`) : error);
    const request = get({ host, port, path: '/health', agent: false, signal }, (response) => {
      collect(response).then(resolve, fail);
    });
    request.on('error', fail);
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > MOST_BYTES) throw new Error('the answer has no end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function understood(body: string, where: string): HealthAnswer {
  const foreign = {
    kind: 'silent',
    why: `something else than our daemon answers on ${where}; set STREAM_CONTROLLER_PORT`,
  } as const;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return foreign;
  }
  return isReport(value) ? { kind: 'report', report: value } : foreign;
}

const STATUSES: ReadonlySet<unknown> = new Set(['live', 'degraded', 'stopped', 'starting', 'stopping', 'down']);
const OBJECTS = ['desired', 'applied', 'restarts', 'onAirSeconds', 'conditions'] as const;

/** Enough of a look to tell our daemon from another program; its own fields are as its version has them. */
function isReport(value: unknown): value is HealthBody {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const texts = ['reason', 'message', 'since', 'version'].every((name) => typeof fields[name] === 'string');
  const objects = OBJECTS.every((name) => typeof fields[name] === 'object' && fields[name] !== null);
  return (
    STATUSES.has(fields['status']) && texts && objects && 'uplink' in fields && 'playout' in fields && 'next' in fields
  );
}
