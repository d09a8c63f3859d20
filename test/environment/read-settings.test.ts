import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KNOWN_NAMES } from '../../src/environment/names.ts';
import { R2, type SettingsBench, settingsBench } from './settings-bench.ts';

const KEY = 'abcd-efgh-ijkl-mnop-qrst';
describe('readSettings', () => {
  let workspace: SettingsBench;
  beforeEach(() => {
    workspace = settingsBench();
  });
  afterEach(() => workspace.cleanup());

  it('has the documented defaults, and runs with nothing set', () => {
    const { caFile, ...settings } = workspace.settingsOf({});
    expect(caFile === null || caFile.startsWith('/etc/')).toBe(true);
    expect(settings).toEqual({
      configDir: workspace.dir,
      stateDir: join(workspace.dir, 'state'),
      healthHost: '127.0.0.1',
      healthPort: 8000,
      logLevel: 'info',
      storage: {
        kind: 'unconfigured',
        failure: {
          reason: 'StorageNotConfigured',
          message:
            'storage is not configured; STORAGE_PROVIDER=cloudflare also needs STORAGE_BUCKET, STORAGE_ACCESS_KEY_ID, ' +
            'STORAGE_SECRET_ACCESS_KEY, STORAGE_ACCOUNT_ID (or STORAGE_ENDPOINT)',
        },
      },
      urlTtlS: 604_800,
      rtmpUrl: 'rtmp://a.rtmp.youtube.com/live2',
      streamKey: null,
      youtube: null,
      ffmpegPath: null,
      ffprobePath: null,
      retryDelayMs: 30_000,
      maxRetries: 3,
      heartbeat: null,
      notify: null,
    });
  });

  it('takes empty variables for ones that are not set', () => {
    const empty = Object.fromEntries(KNOWN_NAMES.map((name) => [name, '']));
    expect(workspace.settingsOf(empty)).toEqual(workspace.settingsOf({}));
  });

  describe('storage', () => {
    const keys = { STORAGE_BUCKET: 'media', STORAGE_ACCESS_KEY_ID: 'id', STORAGE_SECRET_ACCESS_KEY: 'secret' };
    it.each([
      [
        'R2 by account',
        R2,
        {
          provider: 'cloudflare',
          region: 'auto',
          endpoint: 'https://0123abcd.r2.cloudflarestorage.com',
          forcePathStyle: true,
        },
      ],
      [
        'R2 by endpoint',
        { ...R2, STORAGE_ENDPOINT: 'http://127.0.0.1:9000/' },
        { endpoint: 'http://127.0.0.1:9000', forcePathStyle: true },
      ],
      [
        'AWS',
        { ...keys, STORAGE_PROVIDER: 'aws', STORAGE_REGION: 'eu-central-1' },
        { provider: 'aws', region: 'eu-central-1', endpoint: null, forcePathStyle: false },
      ],
      [
        'AWS-like',
        { ...keys, STORAGE_PROVIDER: 'aws', STORAGE_ENDPOINT: 'https://s3.example', STORAGE_REGION: 'auto' },
        { region: 'us-east-1', endpoint: 'https://s3.example', forcePathStyle: true },
      ],
      ['GCS', { ...keys, STORAGE_PROVIDER: 'gcs' }, { provider: 'gcs', endpoint: 'https://storage.googleapis.com' }],
    ])('%s', (_name, env, expected) => {
      expect(workspace.settingsOf(env).storage).toMatchObject({ kind: 's3', bucket: 'media', ...expected });
    });

    it('local directories are relative to the working directory', () => {
      const env = { STORAGE_PROVIDER: 'local', STORAGE_LOCAL_DIR: 'media' };
      expect(workspace.settingsOf(env).storage).toEqual({ kind: 'local', directory: join(workspace.dir, 'media') });
    });

    it.each([
      [{ STORAGE_PROVIDER: 'local' }, 'STORAGE_PROVIDER=local also needs STORAGE_LOCAL_DIR'],
      [{ ...R2, STORAGE_BUCKET: undefined }, 'STORAGE_PROVIDER=cloudflare also needs STORAGE_BUCKET'],
      [{ ...keys, STORAGE_PROVIDER: 'aws' }, 'STORAGE_PROVIDER=aws also needs STORAGE_REGION'],
    ])('%j is not configured, which is no reason not to run', (env, expected) => {
      const { storage } = workspace.settingsOf(env);
      expect(storage.kind === 'unconfigured' && storage.failure.message).toBe(`storage is not configured; ${expected}`);
    });
  });

  it.each<[Record<string, string>, string]>([
    [{ STREAM_CONTROLLER_PORT: '0' }, 'STREAM_CONTROLLER_PORT: found "0"; accepted: a port from 1 to 65535'],
    [{ STREAM_CONTROLLER_PORT: '65536' }, 'STREAM_CONTROLLER_PORT: found "65536"'],
    [{ STREAM_CONTROLLER_PORT: '8e3' }, 'STREAM_CONTROLLER_PORT: found "8e3"'],
    [{ STREAM_CONTROLLER_HOST: 'a b' }, 'STREAM_CONTROLLER_HOST: found "a b"'],
    [{ STORAGE_URL_TTL: '604801' }, 'STORAGE_URL_TTL: found "604801"; accepted: whole seconds from 1 to 604800'],
    [{ WORKER_RETRY_DELAY: '0' }, 'WORKER_RETRY_DELAY: found "0"; accepted: seconds from 0.1 to 3600'],
    [{ WORKER_MAX_RETRIES: '-1' }, 'WORKER_MAX_RETRIES: found "-1"'],
    [{ WORKER_MAX_RETRIES: '1.5' }, 'WORKER_MAX_RETRIES: found "1.5"'],
    [{ LOG_LEVEL: 'inof' }, '(did you mean info?)'],
    [{ STORAGE_PROVIDER: 'cloudfare' }, '(did you mean cloudflare?)'],
    [{ STORAGE_BUCKET: 's3://media' }, 'STORAGE_BUCKET: found "s3://media"; accepted: the name of a bucket'],
    [{ STORAGE_ACCOUNT_ID: 'x.r2.example' }, 'STORAGE_ACCOUNT_ID: found'],
    [{ STORAGE_ENDPOINT: 'https://u:p@host' }, 'STORAGE_ENDPOINT: found something else (not shown)'],
    [{ STORAGE_ENDPOINT: 'https://host/?a=b' }, 'without path, credentials and query'],
    [{ STORAGE_ENDPOINT: 'https://host/media' }, 'the bucket is STORAGE_BUCKET'],
    [{ STORAGE_ENDPOINT: 'https://host:9000/s3/' }, 'accepted: http(s)://HOST[:PORT]'],
    [{ STORAGE_ENDPOINT: 'host:9000' }, 'STORAGE_ENDPOINT: found'],
    [{ STORAGE_PROVIDER: 'aws', STORAGE_REGION: 'auto' }, 'STORAGE_REGION: AWS knows no region auto'],
    [{ FFMPEG_PATH: 'bin/ffmpeg' }, 'FFMPEG_PATH: found "bin/ffmpeg"; accepted: an absolute path'],
    [{ SSL_CERT_FILE: '/nowhere/ca.pem' }, 'SSL_CERT_FILE: no such file'],
    [{ STREAM_CONFIG_DIR: '/nowhere' }, 'STREAM_CONFIG_DIR: /nowhere is not a directory'],
    [{ YOUTUBE_RTMP_URL: 'https://a.rtmp.youtube.com/live2' }, 'found another scheme'],
    [{ YOUTUBE_RTMP_URL: 'rtmp://a.rtmp.youtube.com' }, 'found no host or no application path'],
    [{ YOUTUBE_RTMP_URL: ' rtmp://h/live2' }, 'found spaces'],
    [{ YOUTUBE_RTMP_URL: 'rtmp://h/live2 timeout=1' }, 'found spaces'],
    [{ YOUTUBE_RTMP_URL: 'rtmp://u:p@h/live2' }, 'found credentials'],
    [{ YOUTUBE_RTMP_URL: 'rtmp://a.rtmp.youtube.com/live2/whatever' }, 'looks like a stream key'],
  ])('refuses %j', (env, expected) => {
    expect(workspace.problemsOf(env)).toEqual([expect.stringContaining(expected)]);
  });

  it('names everything that is wrong at once', () => {
    expect(workspace.problemsOf({ LOG_LEVEL: 'x', STREAM_CONTROLLER_PORT: 'y', STORAGE_URL_TTL: 'z' })).toHaveLength(3);
  });

  it.each([
    'rtmps://a.rtmps.youtube.com:443/live2',
    'rtmp://b.rtmp.youtube.com/live2?backup=1',
    'rtmp://127.0.0.1:1935/app/instance',
    'rtmp://[::1]:1935/live',
  ])('takes the ingest %s', (url) => {
    expect(workspace.settingsOf({ YOUTUBE_RTMP_URL: url }).rtmpUrl).toBe(url);
  });

  it.each<Record<string, string>>([
    { YOUTUBE_STREAM_KEY: `${KEY} ` },
    { YOUTUBE_STREAM_KEY: `live2/${KEY}` },
    { YOUTUBE_STREAM_KEY: `${KEY}\n` },
    { YOUTUBE_RTMP_URL: `rtmp://host/live2/${KEY}` },
    { YOUTUBE_RTMP_URL: `rtmp://host/live2/own-key-9`, YOUTUBE_STREAM_KEY: 'own-key-9' },
    { STORAGE_SECRET_ACCESS_KEY: `${KEY} x` },
  ])('never shows the secret it refuses: %j', (env) => {
    const problems = workspace.problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toMatch(/abcd|efgh|own-key/);
  });

  it('takes a key that is named like a part of the ingest', () => {
    expect(workspace.settingsOf({ YOUTUBE_RTMP_URL: 'rtmp://live/live', YOUTUBE_STREAM_KEY: 'live' }).streamKey).toBe(
      'live',
    );
  });

  describe("YouTube's API", () => {
    const CLIENT = { YOUTUBE_CLIENT_ID: 'id-1.apps.example', YOUTUBE_CLIENT_SECRET: 'GOCSPX-client-secret' };

    it('is asked where there is an OAuth client, at the addresses of Google every minute', () => {
      expect(workspace.settingsOf(CLIENT).youtube).toEqual({
        clientId: 'id-1.apps.example',
        clientSecret: 'GOCSPX-client-secret',
        pollIntervalMs: 60_000,
        apiUrl: 'https://www.googleapis.com',
        oauthUrl: 'https://oauth2.googleapis.com',
        analyticsUrl: 'https://youtubeanalytics.googleapis.com',
      });
    });

    it.each([
      ['YOUTUBE_CLIENT_ID', 'YOUTUBE_CLIENT_SECRET'],
      ['YOUTUBE_CLIENT_SECRET', 'YOUTUBE_CLIENT_ID'],
    ] as const)('takes no %s without %s', (given, missing) => {
      expect(workspace.problemsOf({ [given]: CLIENT[given] })).toEqual([
        `${missing}: is not set, but ${given} is; accepted: both or neither`,
      ]);
    });

    it('takes the client from files', () => {
      for (const [name, value] of Object.entries(CLIENT)) writeFileSync(join(workspace.dir, name), `${value}\n`);
      const files = Object.fromEntries(Object.keys(CLIENT).map((name) => [`${name}_FILE`, name]));
      expect(workspace.settingsOf(files).youtube).toMatchObject({ clientSecret: 'GOCSPX-client-secret' });
    });

    it.each([
      ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
      ['http://localhost:8080/', 'http://localhost:8080'],
      ['http://[::1]:8080', 'http://[::1]:8080'],
      ['https://proxy.example', 'https://proxy.example'],
    ])('takes the base address %s', (url, origin) => {
      expect(workspace.settingsOf({ ...CLIENT, YOUTUBE_API_URL: url }).youtube?.apiUrl).toBe(origin);
    });

    it.each([
      'http://www.googleapis.com',
      'https://www.googleapis.com/youtube/v3',
      'https://host?key=abcd-efgh',
      'https://user:abcd-efgh@host',
      'http://127.0.0.1.example',
      'ftp://127.0.0.1',
      'abcd-efgh',
    ])('refuses the base address %s, and does not show it', (url) => {
      const problems = workspace.problemsOf({ ...CLIENT, YOUTUBE_OAUTH_URL: url });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^YOUTUBE_OAUTH_URL: found something else \(not shown\); accepted: https/);
      expect(problems[0]).not.toMatch(/abcd|efgh/);
    });

    it.each(['4', '3601', '60s', '0', '1e3'])('refuses an interval of %s', (value) => {
      expect(workspace.problemsOf({ YOUTUBE_POLL_INTERVAL: value })).toEqual([
        expect.stringContaining('whole seconds from 5 to 3600'),
      ]);
    });
  });
});
