import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHECKS, runChecks } from '../../../src/cli/doctor/check-list.ts';
import { takeSituation } from '../../../src/cli/doctor/situation.ts';
import { serveHealth } from '../../../src/health/server.ts';
import { VERSION } from '../../../src/system/version.ts';
import { recordFfmpeg, type RecordedFfmpeg } from '../../fixtures/recorded-ffmpeg.ts';
import { diagnose, type DoctorStage, openDoctorStage, STREAM_KEY } from './stage.ts';
import { streamctl } from '../streamctl.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeCertificate } from '../../fixtures/tls-certificate.ts';
import { freePort, makeWorkspace, processesWithMarker, type Workspace } from '../../fixtures/workspace.ts';
import { liveReport } from '../../health/sample-body.ts';

let workspace: Workspace;
let ffmpeg: RecordedFfmpeg;
let stage: DoctorStage;
let servers: Server[];
let sockets: Socket[];

beforeAll(async () => {
  workspace = makeWorkspace();
  ffmpeg = await recordFfmpeg(join(workspace.dir, 'ffmpeg'));
});
afterAll(() => workspace.cleanup());

beforeEach(async () => {
  servers = [];
  sockets = [];
  stage = await openDoctorStage(ffmpeg);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  await stage.close();
});

/** A server of this behaviour on a port of its own. */
async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const port = await freePort();
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onSocket(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return port;
}

describe('streamctl doctor where all is well', () => {
  it('finds nothing amiss, exit 0, and publishes nothing', async () => {
    const { code, findings, stderr } = await diagnose(stage.env);
    const amiss = findings.filter(({ verdict }) => verdict === 'failed' || verdict === 'warning');
    expect({ code, amiss, stderr }).toEqual({ code: 0, amiss: [], stderr: '' });
    const well = findings.filter(({ verdict }) => verdict === 'ok').map(({ check }) => check);
    for (const name of ['node', 'tools', 'ffmpeg', 'ffmpeg-protocols', 'ffmpeg-formats', 'stream-key', 'ffprobe']) {
      expect(well).toContain(name);
    }
    for (const name of [
      'storage-list',
      'storage-sign',
      'storage-fetch',
      'ingest-tcp',
      'ingest-rtmp',
      'clock',
      'disk',
    ]) {
      expect(well).toContain(name);
    }
    expect(stage.sink.sessions).toEqual([]);
    expect(stage.sink.connectionCount).toBe(1);
    const fetched = stage.store.requests.filter(({ key, method }) => key === 'loops/rain.mp4' && method === 'GET');
    expect(fetched.map(({ range, bytesSent }) => ({ range, bytesSent }))).toEqual([
      { range: 'bytes=0-0', bytesSent: 1 },
    ]);
  });

  it('prints one line per finding, and its sum last', async () => {
    const { code, stdout } = await streamctl(['doctor'], { env: stage.env });
    const lines = stdout.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^ok {7}node {14}Node \d/);
    expect(lines.at(-1)).toMatch(/^\d+ unknown, \d+ ok$/);
    expect(stdout).not.toContain('\u001b');
  });

  it('tells nobody the stream key: neither the ingest nor the reader', async () => {
    const received: Buffer[] = [];
    const port = await listen((socket) => void socket.on('data', (chunk: Buffer) => received.push(chunk)));
    const env = { ...stage.env, YOUTUBE_RTMP_URL: `rtmp://127.0.0.1:${String(port)}/live2` };
    const { of, stdout } = await diagnose(env);
    expect(of('ingest-rtmp')).toMatchObject([{ verdict: 'warning' }]);
    const bytes = Buffer.concat(received);
    expect(bytes.length).toBe(1537);
    expect(bytes.includes(STREAM_KEY)).toBe(false);
    expect(stdout).not.toContain(STREAM_KEY);
  });
});

describe('streamctl doctor tells apart what is wrong with the store:', () => {
  it.each([
    [
      'a wrong secret',
      { STORAGE_SECRET_ACCESS_KEY: 'another-secret-key' },
      'storage-list',
      'StorageCredentialsRejected',
    ],
    ['an unknown access key', { STORAGE_ACCESS_KEY_ID: 'nobody' }, 'storage-list', 'StorageCredentialsRejected'],
    ['a bucket that does not exist', { STORAGE_BUCKET: 'no-such-bucket' }, 'storage-list', 'StorageBucketMissing'],
    ['an endpoint nobody answers on', { STORAGE_ENDPOINT: 'http://127.0.0.1:9' }, 'storage-list', 'StorageUnreachable'],
    ['no configuration', { STORAGE_BUCKET: '' }, 'environment', 'not set: storage is not configured'],
  ])('%s', async (_what, edit, check, words) => {
    const { code, of, stdout } = await diagnose({ ...stage.env, ...edit });
    expect(code).toBe(1);
    expect(of(check)).toMatchObject([
      { verdict: 'failed', message: expect.stringContaining(words), remedy: expect.stringMatching(/\w/) },
    ]);
    expect(stdout).not.toContain('another-secret-key');
    expect(stdout).not.toContain(stage.store.secretAccessKey);
  });

  it('an object that is not there', async () => {
    stage.wish({ media: 'loops/snow.mp4' });
    const { code, of } = await diagnose(stage.env);
    expect(code).toBe(1);
    expect(of('storage-list')).toMatchObject([{ verdict: 'ok' }]);
    expect(of('storage-fetch')).toMatchObject([
      { verdict: 'failed', message: expect.stringContaining('MediaNotFound') },
    ]);
  });

  it('a prefix with nothing in it', async () => {
    stage.wish({ media: 'winter/' });
    const { code, of } = await diagnose(stage.env);
    expect(code).toBe(1);
    expect(of('storage-list')).toMatchObject([{ verdict: 'failed', message: expect.stringContaining('no media') }]);
  });

  it('a token that may read but not list, which does for a key', async () => {
    stage.store.fault = ({ key }) => (key === '' ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined);
    const { code, of } = await diagnose(stage.env);
    expect({ code, verdict: of('storage-list')[0]?.verdict }).toEqual({ code: 0, verdict: 'warning' });
    stage.wish({ media: 'loops/' });
    expect((await diagnose(stage.env)).code).toBe(1);
  });

  it('a clock that is twenty minutes behind, and only that', async () => {
    stage.store.clockOffsetMs = 20 * 60_000;
    const { code, findings } = await diagnose(stage.env);
    expect(code).toBe(1);
    expect(findings.filter(({ verdict }) => verdict === 'failed')).toMatchObject([
      { check: 'clock', message: expect.stringMatching(/^(19|20) min.* behind the store's/) },
    ]);
  });
});

describe('streamctl doctor and a local directory of media', () => {
  it('reads it as it would a store, and asks nobody the time', async () => {
    mkdirSync(join(stage.dir, 'media/loops'), { recursive: true });
    const object = join(stage.dir, 'media/loops/rain.mp4');
    writeFileSync(object, 'rain');
    const env = { ...stage.env, STORAGE_PROVIDER: 'local', STORAGE_LOCAL_DIR: join(stage.dir, 'media') };
    const { code, of } = await diagnose(env);
    expect(code).toBe(0);
    for (const check of ['storage-list', 'storage-sign', 'storage-fetch'])
      expect(of(check)).toMatchObject([{ verdict: 'ok' }]);
    expect(of('clock')[0]?.verdict).not.toBe('failed');
    rmSync(object);
    const after = await diagnose(env);
    expect(after.code).toBe(1);
    expect(stage.store.requests).toEqual([]);
  });
});

describe('streamctl doctor looks at the ingest:', () => {
  it('a port that refuses', async () => {
    await stage.sink.setMode('refuse');
    const { code, of } = await diagnose(stage.env);
    expect(code).toBe(1);
    expect(of('ingest-tcp')).toMatchObject([{ verdict: 'failed', message: expect.stringContaining('refuses') }]);
  });

  it('a web server in its place', async () => {
    const port = await listen((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const env = { ...stage.env, YOUTUBE_RTMP_URL: `rtmp://127.0.0.1:${String(port)}/live2` };
    expect((await diagnose(env)).of('ingest-rtmp')).toMatchObject([
      { verdict: 'warning', message: expect.stringContaining('does not speak RTMP') },
    ]);
  });

  it('rtmps with a certificate of an unknown authority, and the same once the authority is known', async () => {
    const { caFile, certificateFile, keyFile } = await makeCertificate(join(stage.dir, 'tls'));
    const tls = createTlsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) });
    tls.on('tlsClientError', () => undefined);
    const port = await freePort();
    servers.push(tls);
    tls.on('secureConnection', (socket) => {
      const onwards = connect(stage.sink.port, '127.0.0.1');
      sockets.push(
        socket.on('error', () => undefined),
        onwards.on('error', () => undefined),
      );
      socket.pipe(onwards).pipe(socket);
    });
    await new Promise<void>((resolve) => tls.listen(port, '127.0.0.1', resolve));
    const env = { ...stage.env, YOUTUBE_RTMP_URL: `rtmps://localhost:${String(port)}/live2` };
    const before = await diagnose(env);
    expect(before.code).toBe(1);
    expect(before.of('ingest-tls')).toMatchObject([
      { verdict: 'failed', message: expect.stringContaining('unknown authority') },
    ]);
    expect(before.of('ingest-rtmp')).toEqual([]);
    const after = await diagnose({ ...env, SSL_CERT_FILE: caFile });
    expect(after.of('ingest-tls')).toMatchObject([{ verdict: 'ok' }]);
    expect(after.of('ingest-rtmp')).toMatchObject([{ verdict: 'ok' }]);
  });

  it('rtmps where nobody speaks TLS', async () => {
    const env = { ...stage.env, YOUTUBE_RTMP_URL: stage.sink.url.replace('rtmp:', 'rtmps:') };
    expect((await diagnose(env)).of('ingest-tls')).toMatchObject([{ verdict: 'failed' }]);
  });
});

describe('streamctl doctor with an environment that is', () => {
  it('malformed exits 2 and reports all the same', async () => {
    const { code, of } = await diagnose({ ...stage.env, LOG_LEVEL: 'loud' });
    expect(code).toBe(2);
    expect(of('environment')).toMatchObject([{ verdict: 'failed', message: expect.stringContaining('LOG_LEVEL') }]);
    expect(of('ffmpeg')).toMatchObject([{ verdict: 'ok' }]);
    expect(of('desired')).toMatchObject([{ verdict: 'ok' }]);
    expect(of('storage')).toMatchObject([{ verdict: 'unknown' }]);
  });

  it('a secret in the wrong place shows it to nobody', async () => {
    const url = `${stage.sink.url}/${STREAM_KEY}`;
    stage.wish({ slate: STREAM_KEY });
    for (const args of [['doctor'], ['doctor', '--json']]) {
      const { code, stdout, stderr } = await streamctl(args, { env: { ...stage.env, YOUTUBE_RTMP_URL: url } });
      expect(code).toBe(2);
      expect(stdout + stderr).not.toContain(STREAM_KEY);
    }
  });

  it('without the stream key fails, and warns of a misspelt name', async () => {
    const { code, of } = await diagnose({ ...stage.env, YOUTUBE_STREAM_KEY: '', YOUTUBE_STREAM_KEI: 'x' });
    expect(code).toBe(1);
    expect(of('environment')).toMatchObject([
      { verdict: 'failed', message: 'not set: YOUTUBE_STREAM_KEY' },
      { verdict: 'warning', message: expect.stringContaining('did you mean YOUTUBE_STREAM_KEY?') },
    ]);
  });

  it('in files that others may read warns, with the command that mends it', async () => {
    const file = join(stage.dir, 'key');
    writeFileSync(file, `${STREAM_KEY}\n`, { mode: 0o644 });
    writeFileSync(join(stage.dir, '.env'), 'LOG_LEVEL=info\n');
    chmodSync(join(stage.dir, '.env'), 0o604);
    const { YOUTUBE_STREAM_KEY: _key, ...rest } = stage.env;
    const before = await diagnose({ ...rest, YOUTUBE_STREAM_KEY_FILE: file });
    expect(before.code).toBe(0);
    const both = `${join(stage.dir, '.env')} ${file}`;
    expect(before.of('secrets')).toMatchObject([{ verdict: 'warning', remedy: `chmod 600 ${both}` }]);
    expect(before.of('environment')).toMatchObject([{ verdict: 'ok' }]);
    for (const path of both.split(' ')) chmodSync(path, 0o600);
    const after = await diagnose({ ...rest, YOUTUBE_STREAM_KEY_FILE: file });
    expect(after.of('secrets')).toMatchObject([{ verdict: 'ok' }]);
  });

  it('an FFMPEG_PATH that leads nowhere fails', async () => {
    const { code, of } = await diagnose({ ...stage.env, FFMPEG_PATH: '/nonexistent/ffmpeg' });
    expect(code).toBe(1);
    expect(of('ffmpeg')).toMatchObject([{ verdict: 'failed', remedy: expect.stringContaining('FFMPEG_PATH') }]);
  });
});

describe('streamctl doctor and the daemon', () => {
  it('asks the one that answers, and warns of a broadcast that nothing ends', async () => {
    const condition = {
      type: 'BroadcastCountable',
      status: 'False' as const,
      reason: 'BroadcastTooLong',
      message: 'the broadcast is 11 h 10 min old; no recycle is planned',
      lastTransitionTime: new Date(0).toISOString(),
    };
    const report = liveReport({ version: VERSION, conditions: [condition] });
    const health = serveHealth(
      '127.0.0.1',
      Number(stage.env['STREAM_CONTROLLER_PORT']),
      () => report,
      () => undefined,
    );
    try {
      const { code, of } = await diagnose(stage.env);
      expect(code).toBe(0);
      expect(of('daemon')).toMatchObject([{ verdict: 'ok', message: expect.stringContaining('live OnAir') }]);
      expect(of('broadcast')).toMatchObject([{ verdict: 'warning', remedy: expect.stringContaining('recycle') }]);
    } finally {
      await health.close();
    }
  });

  it('does not fail for a secret that only the daemon has, where it is live with it', async () => {
    const report = liveReport({ version: VERSION });
    const health = serveHealth(
      '127.0.0.1',
      Number(stage.env['STREAM_CONTROLLER_PORT']),
      () => report,
      () => undefined,
    );
    try {
      const { code, of } = await diagnose({ ...stage.env, YOUTUBE_STREAM_KEY: '' });
      expect(code).toBe(0);
      expect(of('environment')).toMatchObject([
        { verdict: 'unknown', message: expect.stringMatching(/YOUTUBE_STREAM_KEY$/) },
      ]);
    } finally {
      await health.close();
    }
  });

  it('fails where another program has its port', async () => {
    const port = await listen((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'));
    const { code, of } = await diagnose({ ...stage.env, STREAM_CONTROLLER_PORT: String(port) });
    expect(code).toBe(1);
    expect(of('daemon')).toMatchObject([{ verdict: 'failed', remedy: expect.stringContaining('free port') }]);
  });
});

describe('a check that finds no end', () => {
  it('is given up: a store that takes requests and never answers fails within the limit', async () => {
    stage.store.fault = () => ({ kind: 'hang' });
    const startedMs = performance.now();
    const found = await runChecks(CHECKS, takeSituation({ PATH: process.env['PATH'], ...stage.env }, '/'), {
      limitMs: 4_000,
      onProgress: () => undefined,
    });
    expect(performance.now() - startedMs).toBeLessThan(9_000);
    expect(found.filter(({ check }) => check.startsWith('storage'))).toMatchObject([
      { check: 'storage', verdict: 'failed', message: 'no answer within 4 s' },
    ]);
    expect(found.filter(({ check }) => check === 'ingest-tcp')).toMatchObject([{ verdict: 'ok' }]);
  });

  it('leaves no FFmpeg behind that hangs', async () => {
    const fake = join(stage.dir, 'ffmpeg');
    const marker = join(stage.dir, 'started');
    writeFileSync(fake, `#!/bin/sh\necho $$ >> ${marker}\nexec sleep 600\n`, { mode: 0o755 });
    const check = CHECKS.filter(({ name }) => name === 'ffmpeg');
    const situation = takeSituation({ PATH: process.env['PATH'], ...stage.env, FFMPEG_PATH: fake }, '/');
    const found = await runChecks(check, situation, { limitMs: 1_500, onProgress: () => undefined });
    expect(found).toMatchObject([{ check: 'ffmpeg', verdict: 'failed', message: 'no answer within 1.5 s' }]);
    const pids = readFileSync(marker, 'utf8').trim().split('\n').map(Number);
    expect(pids.length).toBeGreaterThan(0);
    const alive = (): number[] => processesWithMarker('LANG=C.UTF-8').filter((pid) => pids.includes(pid));
    await eventually(() => expect(alive()).toEqual([]));
  });

  it('tells which are still under way, and reports a bug as not known', async () => {
    const told: (readonly string[])[] = [];
    const situation = takeSituation({ ...stage.env }, '/');
    const whenLate = { verdict: 'unknown', remedy: 'try again' } as const;
    const checks = [
      { name: 'a', whenLate, run: () => new Promise<never>(() => undefined) },
      { name: 'b', whenLate, run: () => Promise.reject(new Error('boom')) },
    ];
    const found = await runChecks(checks, situation, { limitMs: 50, onProgress: (names) => told.push(names) });
    expect(told).toEqual([['a', 'b'], ['a'], []]);
    expect(found).toMatchObject([
      { check: 'a', verdict: 'unknown', remedy: 'try again' },
      { check: 'b', verdict: 'unknown', message: 'the check itself failed: boom' },
    ]);
  });
});
