import { readFileSync } from 'node:fs';
import { type Socket, connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { failed, type Finding, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { ingestAddress } from '../../../observe/ingest-port.ts';
import { errorCode } from '../../../system/errors.ts';

/** How far a connection came. */
type Step = { readonly kind: 'done'; readonly tookMs: number } | { readonly kind: 'failed'; readonly code: string };

const CONNECT_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 4_000;
const RTMP_VERSION = 3;
/** C1 and S1: a time, zeros, and bytes that mean nothing (RTMP specification, 5.2.3). */
const HANDSHAKE_BYTES = 1536;

/** Connects, encrypts where the URL says so, and greets; then hangs up. Nothing about what is to be published is sent. */
export async function checkIngest({ settings }: Situation, signal: AbortSignal): Promise<readonly Finding[]> {
  if (settings === null) return [unknown('ingest', 'not tried, as the environment is malformed')];
  const { host, port, isTls } = ingestAddress(settings.rtmpUrl);
  const where = `${host}:${String(port)}`;
  const sockets: Socket[] = [];
  try {
    const raw = connect({ host, port, signal });
    sockets.push(raw);
    const tcp = await onEvent(raw, 'connect', CONNECT_WITHIN_MS);
    if (tcp.kind === 'failed') {
      const [what, remedy] = TCP_FAILURES[tcp.code] ?? [tcp.code, 'check the network and YOUTUBE_RTMP_URL'];
      return [failed('ingest-tcp', `${where}: ${what}`, remedy)];
    }
    const reached = ok('ingest-tcp', `${where} accepts connections (${String(Math.round(tcp.tookMs))} ms)`);
    if (!isTls) return [reached, await greet(raw, where)];
    const secure = connectTls({
      socket: raw,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      host,
      ...(settings.caFile === null ? {} : { ca: readFileSync(settings.caFile) }),
    });
    sockets.push(secure);
    const tls = await onEvent(secure, 'secureConnect', ANSWER_WITHIN_MS);
    if (tls.kind === 'failed') {
      const [what, remedy] = tlsFailure(tls.code);
      return [reached, failed('ingest-tls', `${where}: ${what}`, remedy)];
    }
    return [reached, ok('ingest-tls', 'the certificate is valid for this host'), await greet(secure, where)];
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

const onEvent = (socket: Socket, event: 'connect' | 'secureConnect', withinMs: number): Promise<Step> =>
  stepOf(socket, withinMs, (done) => void socket.once(event, done));

/** `watch` gets the function to call when the step is done. An error, a closed socket or `withinMs` is its failure. */
function stepOf(socket: Socket, withinMs: number, watch: (done: () => void) => void): Promise<Step> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ kind: 'failed', code: 'ETIMEDOUT' }), withinMs);
    const settle = (step: Step): void => {
      clearTimeout(timer);
      resolve(step);
    };
    socket.on('error', (error) => settle({ kind: 'failed', code: errorCode(error) }));
    socket.once('close', () => settle({ kind: 'failed', code: 'ECONNRESET' }));
    watch(() => settle({ kind: 'done', tookMs: performance.now() - startedMs }));
  });
}

/** The first half of RTMP's handshake, in which neither application nor key is named. */
async function greet(socket: Socket, where: string): Promise<Finding> {
  const answer = stepOf(socket, ANSWER_WITHIN_MS, (done) => {
    let length = 0;
    socket.on('data', (chunk: Buffer) => {
      if (length === 0 && chunk[0] !== RTMP_VERSION) {
        socket.destroy(Object.assign(new Error('not RTMP'), { code: 'NOT_RTMP' }));
        return;
      }
      length += chunk.length;
      if (length > HANDSHAKE_BYTES) done();
    });
  });
  socket.write(Buffer.concat([Buffer.from([RTMP_VERSION]), Buffer.alloc(HANDSHAKE_BYTES)]));
  const rtmp = await answer;
  if (rtmp.kind === 'done') return ok('ingest-rtmp', 'it speaks RTMP; nothing was published');
  const isOther = rtmp.code === 'NOT_RTMP';
  const what = isOther ? 'what answers does not speak RTMP' : `it does not answer RTMP's greeting (${rtmp.code})`;
  const remedy = 'check host, port and scheme of YOUTUBE_RTMP_URL, and for a proxy in between';
  return warning('ingest-rtmp', `${where}: ${what}`, remedy);
}

const NO_NAME = ['the name cannot be resolved', 'check DNS, and the host in YOUTUBE_RTMP_URL'] as const;
const NO_ROUTE = ['it cannot be reached', 'check the network'] as const;
const TCP_FAILURES: Readonly<Record<string, readonly [string, string]>> = {
  ENOTFOUND: NO_NAME,
  EAI_AGAIN: NO_NAME,
  ECONNREFUSED: ['it refuses connections', 'check the port in YOUTUBE_RTMP_URL (1935, for rtmps 443)'],
  ETIMEDOUT: ['no answer', 'check the network, and a firewall that drops outgoing connections to this port'],
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
};

function tlsFailure(code: string): readonly [string, string] {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return ['its certificate is not valid now', "check this machine's clock, then the ingest's certificate"];
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return ['its certificate is for another host', 'check the host in YOUTUBE_RTMP_URL'];
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_|INVALID_CA)/.test(code))
    return ['its certificate is signed by an unknown authority', 'name the bundle that has it in SSL_CERT_FILE'];
  return [`no TLS (${code})`, 'check scheme and port of YOUTUBE_RTMP_URL: rtmps:// needs a port that speaks TLS'];
}
