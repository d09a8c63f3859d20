import { type Server, createServer } from 'node:http';
import { type HealthBody, httpStatusFor } from './body.ts';

/** How often the server tries again to get a port that another program holds. The stream does not wait for it. */
const LISTEN_AGAIN_MS = 5_000;

export interface HealthServer {
  /** Whether `/health` is served, or could not be and `onProblem` was told. False in the first moments only. */
  readonly settled: boolean;
  close(): Promise<void>;
}

/** Serves `GET` and `HEAD /health` alone. A port that cannot be had is told to `onProblem` and tried again; the stream does not wait for it. */
export function serveHealth(
  host: string,
  port: number,
  report: () => HealthBody,
  onProblem: (message: string) => void,
): HealthServer {
  const server = createServer((request, response) => {
    request.resume();
    const answer = answerTo(request.method ?? '', request.url ?? '', report());
    const body = JSON.stringify(answer.body);
    response.writeHead(answer.status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      ...(answer.status === 405 ? { allow: 'GET, HEAD' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  server.keepAliveTimeout = 2_000;
  // Idle connections are closed after the times above; enough of them are allowed that they do not keep a monitor out.
  server.maxConnections = 512;
  let again: NodeJS.Timeout | null = null;
  let complained = false;
  let settled = false;
  server.on('listening', () => (settled = true));
  server.on('error', (error) => {
    settled = true;
    if (!complained)
      onProblem(
        `/health cannot be served on ${host}:${port}: ${error.message}; set STREAM_CONTROLLER_PORT, or free the port`,
      );
    complained = true;
    // EMFILE when a connection is accepted arrives here, too, and the server goes on listening.
    if (server.listening) return;
    if (again !== null) clearTimeout(again);
    again = setTimeout(() => server.listen(port, host), LISTEN_AGAIN_MS);
    again.unref();
  });
  server.listen(port, host);
  return {
    get settled() {
      return settled;
    },
    close: () => {
      if (again !== null) clearTimeout(again);
      return closeServer(server);
    },
  };
}

function answerTo(method: string, url: string, report: HealthBody): { readonly status: number; readonly body: object } {
  const path = url.split('?', 1)[0];
  if (path !== '/health') return { status: 404, body: { error: 'only /health is served' } };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: { error: 'only GET and HEAD' } };
  return { status: httpStatusFor(report.status), body: report };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
