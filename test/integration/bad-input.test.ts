import { createServer } from 'node:net';
import { describe, expect } from 'vitest';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { freePort } from '../fixtures/workspace.ts';
import { inStudio } from './in-studio.ts';
import { firstPicture, SECRET_KEY, STREAM_KEY, type Studio, videoAdvances } from './studio.ts';

async function wishRed(studio: Studio): Promise<void> {
  await studio.upload('red.mp4', { color: 'red', seconds: 60 });
  studio.wish({ media: 'red.mp4' });
}

const expectNoStack = (daemon: Daemon): void => {
  expect(daemon.stderr).not.toMatch(/^\s+at .+:\d+/m);
  expect(daemon.logLines.join('\n')).not.toMatch(/\\n\s+at .+:\d+/);
};

describe('a malformed environment ends at once with exit 2 and a clear line for each variable', () => {
  type Malformed = readonly [string, Readonly<Record<string, string>>, readonly string[]];
  const malformed: readonly Malformed[] = [
    [
      'a key within the address',
      { YOUTUBE_RTMP_URL: `rtmp://a.rtmp.youtube.com/live2/${STREAM_KEY}` },
      ['YOUTUBE_RTMP_URL'],
    ],
    [
      'three at once',
      { STORAGE_PROVIDER: 'floppy', STORAGE_URL_TTL: '-1', WORKER_MAX_RETRIES: '1.5' },
      ['STORAGE_PROVIDER', 'STORAGE_URL_TTL', 'WORKER_MAX_RETRIES'],
    ],
  ];
  /** What is said of each is tested where the environment is read. */
  const malformedToo: readonly Malformed[] = [
    ['a retry delay in words', { WORKER_RETRY_DELAY: 'soon' }, ['WORKER_RETRY_DELAY']],
    ['a log level unknown', { LOG_LEVEL: 'verbose' }, ['LOG_LEVEL']],
    ['a web address for the ingest', { YOUTUBE_RTMP_URL: 'http://localhost/live2' }, ['YOUTUBE_RTMP_URL']],
    ['a relative program', { FFMPEG_PATH: 'ffmpeg' }, ['FFMPEG_PATH']],
    ['authorities that are not there', { SSL_CERT_FILE: '/nonexistent/ca.pem' }, ['SSL_CERT_FILE']],
    ['a heartbeat address without a scheme', { HEARTBEAT_URL: `hc-ping.com/${STREAM_KEY}` }, ['HEARTBEAT_URL']],
    ['a key file that is not there', { YOUTUBE_STREAM_KEY_FILE: '/nonexistent/key' }, ['YOUTUBE_STREAM_KEY']],
  ];

  const endsAtOnce = async (studio: Studio, [, env, variables]: Malformed): Promise<void> => {
    await wishRed(studio);
    const daemon = await studio.start(env);
    expect(await daemon.exited).toEqual({ code: 2, signal: null });
    const lines = daemon.stderr.trim().split('\n');
    expect(lines).toHaveLength(variables.length);
    for (const variable of variables) expect(lines.some((line) => line.includes(variable))).toBe(true);
    expect(daemon.stderr).not.toContain(STREAM_KEY);
    expect(daemon.stderr).not.toContain(SECRET_KEY);
    expectNoStack(daemon);
    expect(studio.sink.connectionCount).toBe(0);
  };

  inStudio.concurrent.for(malformed)('%s', (row, { studio }) => endsAtOnce(studio, row));

  inStudio.concurrent.for(malformedToo)('%s', { tags: 'long' }, (row, { studio }) => endsAtOnce(studio, row));
});

describe('anything else that is wrong: the daemon runs, down or on the slate, and says why', () => {
  const without = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, '']));
  const wrong: readonly (readonly [string, () => Promise<Record<string, string>>, 'down' | 'degraded', string])[] = [
    ['no stream key', async () => without('YOUTUBE_STREAM_KEY'), 'down', 'StreamKeyMissing'],
    [
      'no store',
      async () => without('STORAGE_ENDPOINT', 'STORAGE_BUCKET', 'STORAGE_ACCESS_KEY_ID', 'STORAGE_SECRET_ACCESS_KEY'),
      'down',
      'StorageNotConfigured',
    ],
    [
      'a wrong storage secret',
      async () => ({ STORAGE_SECRET_ACCESS_KEY: 'wrong' }),
      'degraded',
      'StorageCredentialsRejected',
    ],
    ['a bucket that is not there', async () => ({ STORAGE_BUCKET: 'nowhere' }), 'degraded', 'StorageBucketMissing'],
    [
      'a store that does not answer',
      async () => ({ STORAGE_ENDPOINT: `http://127.0.0.1:${await freePort()}` }),
      'degraded',
      'StorageUnreachable',
    ],
    [
      'an ingest that does not answer',
      async () => ({ YOUTUBE_RTMP_URL: `rtmp://127.0.0.1:${await freePort()}/live2`, WORKER_RETRY_DELAY: '3' }),
      'down',
      'IngestUnreachable',
    ],
    ['no FFmpeg', async () => ({ FFMPEG_PATH: '/nonexistent/ffmpeg' }), 'down', 'FfmpegMissing'],
    ['something else in the place of FFmpeg', async () => ({ FFMPEG_PATH: '/bin/true' }), 'down', 'FfmpegUnusable'],
  ];
  inStudio.concurrent.for(wrong)('%s', async ([, environment, status, reason], { studio }) => {
    await wishRed(studio);
    const daemon = await studio.start(await environment());
    const report = await healthEventually(daemon, (now) => now.status === status && now.reason === reason, {
      what: `${status} ${reason}`,
      timeoutMs: 60_000,
    });
    expect(report.message).not.toBe('');
    expect(report.message).not.toContain(SECRET_KEY);
    expect((await daemon.rawHealth()).status).toBe(status === 'down' ? 503 : 200);
    expectNoStack(daemon);
    daemon.kill('SIGTERM');
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
  });

  inStudio.concurrent('no desired.yaml at all, and then one', async ({ studio }) => {
    const daemon = await studio.start();
    const report = await healthEventually(daemon, ({ reason }) => reason === 'DesiredMissing', { what: 'the reason' });
    expect(report).toMatchObject({ status: 'down', desired: { file: 'missing', hash: null }, uplink: null });
    expect(daemon.runs()).toEqual([]);
    await wishRed(studio);
    await firstPicture(studio.sink);
    expectNoStack(daemon);
  });

  inStudio.concurrent(
    'the port of /health is taken: the stream runs, and /health answers once the port is free',
    async ({ studio }) => {
      await wishRed(studio);
      const port = await freePort();
      const squatter = createServer((socket) => socket.destroy());
      await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
      try {
        const daemon = await studio.start({ STREAM_CONTROLLER_PORT: String(port) });
        const session = await firstPicture(studio.sink);
        await videoAdvances(session, 1000);
        expect(daemon.logLines.join('\n')).toContain(`127.0.0.1:${port}`);
        expectNoStack(daemon);
        await new Promise((resolve) => squatter.close(resolve));
        await healthEventually(daemon, ({ status }) => status === 'live', { what: '/health' });
      } finally {
        squatter.close();
      }
    },
  );
});
