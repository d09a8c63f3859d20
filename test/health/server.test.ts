import { request } from 'node:http';
import { connect, Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { firstBody, type HealthBody } from '../../src/health/body.ts';
import { type HealthServer, serveHealth } from '../../src/health/server.ts';
import { eventually } from '../fixtures/eventually.ts';
import { freePort } from '../fixtures/workspace.ts';
import { liveReport } from './sample-body.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

let port: number;
let server: HealthServer;
let report: HealthBody;
let problems: string[];

beforeEach(async () => {
  port = await freePort();
  report = liveReport();
  problems = [];
  server = serveHealth(
    '127.0.0.1',
    port,
    () => report,
    (message) => problems.push(message),
  );
  await eventually(() => ask('GET', '/health'), { what: 'the server' });
});
afterEach(() => server.close());

function ask(method: string, path: string, at = port): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port: at, method, path, agent: false, timeout: 3_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asking.on('timeout', () => asking.destroy(new Error('no answer')));
    asking.on('error', reject);
    asking.end();
  });
}

describe('/health', () => {
  it.each([
    ['live', 200],
    ['degraded', 200],
    ['stopped', 200],
    ['starting', 503],
    ['stopping', 503],
    ['down', 503],
  ] as const)('answers %s with %d and the report', async (status, code) => {
    report = liveReport({ status });
    const answer = await ask('GET', '/health');
    expect(answer.status).toBe(code);
    expect(JSON.parse(answer.body)).toEqual(report);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
  });

  it('answers before the first look too, as starting', async () => {
    report = firstBody('1.2.3', Date.UTC(2026, 0, 1));
    const answer = await ask('GET', '/health');
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 'starting' });
  });

  it('answers HEAD as GET, without the body', async () => {
    const [head, get] = [await ask('HEAD', '/health'), await ask('GET', '/health')];
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(get.body)));
  });

  it('does not mind a query', async () => {
    expect(await ask('GET', '/health?x=1')).toMatchObject({ status: 200 });
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses %s and says what is accepted', async (method) => {
    const answer = await ask(method, '/health');
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD');
  });

  it.each(['/', '/healthz', '/health/', '/metrics', '/../etc/passwd', '//health'])('knows no %s', async (path) => {
    expect(await ask('GET', path)).toMatchObject({ status: 404 });
  });

  it('goes on serving after a peer that speaks no HTTP', async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('\u0000\u0001 no http \r\n\r\n'));
      socket.on('error', reject);
      socket.on('close', () => resolve());
      socket.resume();
    });
    expect(await ask('GET', '/health')).toMatchObject({ status: 200 });
  });

  it('is settled once it listens, not before', async () => {
    const fresh = serveHealth(
      '127.0.0.1',
      await freePort(),
      () => report,
      () => undefined,
    );
    expect(fresh.settled).toBe(false);
    await eventually(() => expect(fresh.settled).toBe(true), { what: 'the server to listen' });
    await fresh.close();
  });

  it('tells of a taken port once, and ends all the same', async () => {
    const told: string[] = [];
    const second = serveHealth(
      '127.0.0.1',
      port,
      () => report,
      (message) => told.push(message),
    );
    await eventually(() => expect(told).toHaveLength(1), { what: 'the complaint' });
    expect(told[0]).toContain('STREAM_CONTROLLER_PORT');
    expect(second.settled).toBe(true);
    await second.close();
    expect(problems).toEqual([]);
  });

  it('takes a port that becomes free', { timeout: 20_000 }, async () => {
    const second = serveHealth(
      '127.0.0.1',
      port,
      () => liveReport({ status: 'down' }),
      () => undefined,
    );
    try {
      await eventually(() => ask('GET', '/health'));
      await server.close();
      await eventually(async () => expect((await ask('GET', '/health')).status).toBe(503), {
        timeoutMs: 15_000,
        what: 'the second server',
      });
    } finally {
      await second.close();
    }
  });

  it('goes on after an error of a server that listens, such as too many open files at an accept', () => {
    const found = handles().find((handle) => handle instanceof Server && addressOf(handle) === port) as Server;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      found.emit('error', new Error('accept EMFILE'));
      expect(() => vi.advanceTimersByTime(20_000)).not.toThrow();
    } finally {
      vi.useRealTimers();
    }
    expect(problems).toHaveLength(1);
  });

  it('closes while a client holds a connection open', async () => {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    await server.close();
    await closed;
    await expect(ask('GET', '/health')).rejects.toThrow('ECONNREFUSED');
  });
});

const handles = (): readonly unknown[] =>
  (process as unknown as { _getActiveHandles(): readonly unknown[] })._getActiveHandles();

function addressOf(server: Server): number | null {
  const address = server.address();
  return address === null || typeof address === 'string' ? null : address.port;
}
