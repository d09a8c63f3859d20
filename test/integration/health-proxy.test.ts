import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HealthServer, serveHealth } from '../../src/health/server.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type CertificateFiles, makeCertificate } from '../fixtures/tls-certificate.ts';
import { freePort, makeWorkspace, type Workspace } from '../fixtures/workspace.ts';
import { liveReport } from '../health/sample-body.ts';
import { repositoryRoot } from '../tooling/repository.ts';

const EXAMPLE =
  /```nginx\n([\s\S]*?)```/.exec(readFileSync(join(repositoryRoot, 'docs/security.md'), 'utf8'))?.[1] ?? '';

let workspace: Workspace;
let certificate: CertificateFiles;
let health: HealthServer;
let healthPort: number;
let nginx: ChildProcess | undefined;

beforeEach(async () => {
  workspace = makeWorkspace();
  certificate = await makeCertificate(join(workspace.dir, 'tls'));
  healthPort = await freePort();
  health = serveHealth('127.0.0.1', healthPort, liveReport, () => undefined);
});

afterEach(async () => {
  if (nginx !== undefined) await ended(nginx);
  nginx = undefined;
  await health.close();
  await workspace.cleanup();
});

/** The example of docs/security.md with this machine's ports and files; the monitor is at this address. */
async function openProxy(monitor: string): Promise<number> {
  const { dir } = workspace;
  const port = await freePort();
  const server = [
    [/listen 443 ssl;/, `listen 127.0.0.1:${port} ssl;`],
    [/listen \[::\]:443 ssl;/, ''],
    [/ssl_certificate +\S+;/, `ssl_certificate "${certificate.certificateFile}";`],
    [/ssl_certificate_key +\S+;/, `ssl_certificate_key "${certificate.keyFile}";`],
    [/allow 192\.0\.2\.10;/, `allow ${monitor};`],
    [/127\.0\.0\.1:8000/, `127.0.0.1:${healthPort}`],
  ].reduce((text, [from, to]) => {
    expect(text).toMatch(from as RegExp);
    return text.replace(from as RegExp, to as string);
  }, EXAMPLE);
  mkdirSync(join(dir, 'tmp'), { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path "${join(dir, 'tmp', name)}";`,
  );
  writeFileSync(
    join(dir, 'nginx.conf'),
    [
      'daemon off; master_process off;',
      `pid "${join(dir, 'nginx.pid')}"; error_log "${join(dir, 'error.log')}" warn;`,
      'events {}',
      `http { access_log off; ${temporary.join(' ')}`,
      server,
      '}',
    ].join('\n'),
  );
  nginx = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: 'ignore' });
  await eventually(() => ask(port, 'GET', '/'), { what: 'the proxy' });
  return port;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function ask(port: number, method: string, path: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const ca = readFileSync(certificate.caFile);
    const options = {
      host: '127.0.0.1',
      servername: 'localhost',
      port,
      method,
      path,
      ca,
      agent: false,
      timeout: 5_000,
    };
    const asked = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer')));
    asked.once('error', reject);
    asked.end();
  });
}

test('the proxy of docs/security.md shows /health to the monitor over TLS, and nothing else', async () => {
  const port = await openProxy('127.0.0.1');
  const { status, text } = await ask(port, 'GET', '/health');
  expect(status).toBe(200);
  expect(JSON.parse(text)).toEqual(liveReport());
  expect(await ask(port, 'HEAD', '/health')).toEqual({ status: 200, text: '' });
  expect((await ask(port, 'POST', '/health')).status).toBe(403);
  expect((await ask(port, 'GET', '/health/')).status).toBe(404);
  expect((await ask(port, 'GET', '/')).status).toBe(404);
});

test('it turns away everybody else, and says 502 when no daemon answers', async () => {
  expect((await ask(await openProxy('192.0.2.10'), 'GET', '/health')).status).toBe(403);
  if (nginx !== undefined) await ended(nginx);
  await health.close();
  expect((await ask(await openProxy('127.0.0.1'), 'GET', '/health')).status).toBe(502);
});
