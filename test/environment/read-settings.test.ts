import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KNOWN_NAMES } from '../../src/environment/names.ts';
import { collectSecrets, readSettings } from '../../src/environment/read-settings.ts';
import type { Settings } from '../../src/environment/settings.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

const KEY = 'abcd-efgh-ijkl-mnop-qrst';
const R2 = {
  STORAGE_BUCKET: 'media',
  STORAGE_ACCESS_KEY_ID: 'access-id',
  STORAGE_SECRET_ACCESS_KEY: 'a-secret-access-key',
  STORAGE_ACCOUNT_ID: '0123abcd',
};

describe('readSettings', () => {
  let workspace: Workspace;
  beforeEach(() => {
    workspace = makeWorkspace();
  });
  afterEach(() => workspace.cleanup());

  function settingsOf(env: Record<string, string | undefined>): Settings {
    const result = readSettings(env, workspace.dir);
    if (result.kind !== 'ok') throw new Error(result.problems.join('\n'));
    return result.settings;
  }

  function problemsOf(env: Record<string, string | undefined>): readonly string[] {
    const result = readSettings(env, workspace.dir);
    return result.kind === 'invalid' ? result.problems : [];
  }

  function warningsOf(env: Record<string, string | undefined>): readonly string[] {
    const result = readSettings(env, workspace.dir);
    return result.kind === 'ok' ? result.warnings : [];
  }

  function writeDotenv(text: string): void {
    writeFileSync(join(workspace.dir, '.env'), text, { mode: 0o600 });
  }

  it('has the documented defaults, and runs with nothing set', () => {
    const { caFile, ...settings } = settingsOf({});
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
    expect(settingsOf(empty)).toEqual(settingsOf({}));
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
      expect(settingsOf(env).storage).toMatchObject({ kind: 's3', bucket: 'media', ...expected });
    });

    it('local directories are relative to the working directory', () => {
      const env = { STORAGE_PROVIDER: 'local', STORAGE_LOCAL_DIR: 'media' };
      expect(settingsOf(env).storage).toEqual({ kind: 'local', directory: join(workspace.dir, 'media') });
    });

    it.each([
      [{ STORAGE_PROVIDER: 'local' }, 'STORAGE_PROVIDER=local also needs STORAGE_LOCAL_DIR'],
      [{ ...R2, STORAGE_BUCKET: undefined }, 'STORAGE_PROVIDER=cloudflare also needs STORAGE_BUCKET'],
      [{ ...keys, STORAGE_PROVIDER: 'aws' }, 'STORAGE_PROVIDER=aws also needs STORAGE_REGION'],
    ])('%j is not configured, which is no reason not to run', (env, expected) => {
      const { storage } = settingsOf(env);
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
    expect(problemsOf(env)).toEqual([expect.stringContaining(expected)]);
  });

  it('names everything that is wrong at once', () => {
    expect(problemsOf({ LOG_LEVEL: 'x', STREAM_CONTROLLER_PORT: 'y', STORAGE_URL_TTL: 'z' })).toHaveLength(3);
  });

  it.each([
    'rtmps://a.rtmps.youtube.com:443/live2',
    'rtmp://b.rtmp.youtube.com/live2?backup=1',
    'rtmp://127.0.0.1:1935/app/instance',
    'rtmp://[::1]:1935/live',
  ])('takes the ingest %s', (url) => {
    expect(settingsOf({ YOUTUBE_RTMP_URL: url }).rtmpUrl).toBe(url);
  });

  it.each<Record<string, string>>([
    { YOUTUBE_STREAM_KEY: `${KEY} ` },
    { YOUTUBE_STREAM_KEY: `live2/${KEY}` },
    { YOUTUBE_STREAM_KEY: `${KEY}\n` },
    { YOUTUBE_RTMP_URL: `rtmp://host/live2/${KEY}` },
    { YOUTUBE_RTMP_URL: `rtmp://host/live2/own-key-9`, YOUTUBE_STREAM_KEY: 'own-key-9' },
    { STORAGE_SECRET_ACCESS_KEY: `${KEY} x` },
  ])('never shows the secret it refuses: %j', (env) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toMatch(/abcd|efgh|own-key/);
  });

  it('takes a key that is named like a part of the ingest', () => {
    expect(settingsOf({ YOUTUBE_RTMP_URL: 'rtmp://live/live', YOUTUBE_STREAM_KEY: 'live' }).streamKey).toBe('live');
  });

  describe("YouTube's API", () => {
    const CLIENT = { YOUTUBE_CLIENT_ID: 'id-1.apps.example', YOUTUBE_CLIENT_SECRET: 'GOCSPX-client-secret' };

    it('is asked where there is an OAuth client, at the addresses of Google every minute', () => {
      expect(settingsOf(CLIENT).youtube).toEqual({
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
      expect(problemsOf({ [given]: CLIENT[given] })).toEqual([
        `${missing}: is not set, but ${given} is; accepted: both or neither`,
      ]);
    });

    it('takes the client from files', () => {
      for (const [name, value] of Object.entries(CLIENT)) writeFileSync(join(workspace.dir, name), `${value}\n`);
      const files = Object.fromEntries(Object.keys(CLIENT).map((name) => [`${name}_FILE`, name]));
      expect(settingsOf(files).youtube).toMatchObject({ clientSecret: 'GOCSPX-client-secret' });
    });

    it.each([
      ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
      ['http://localhost:8080/', 'http://localhost:8080'],
      ['http://[::1]:8080', 'http://[::1]:8080'],
      ['https://proxy.example', 'https://proxy.example'],
    ])('takes the base address %s', (url, origin) => {
      expect(settingsOf({ ...CLIENT, YOUTUBE_API_URL: url }).youtube?.apiUrl).toBe(origin);
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
      const problems = problemsOf({ ...CLIENT, YOUTUBE_OAUTH_URL: url });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^YOUTUBE_OAUTH_URL: found something else \(not shown\); accepted: https/);
      expect(problems[0]).not.toMatch(/abcd|efgh/);
    });

    it.each(['4', '3601', '60s', '0', '1e3'])('refuses an interval of %s', (value) => {
      expect(problemsOf({ YOUTUBE_POLL_INTERVAL: value })).toEqual([
        expect.stringContaining('whole seconds from 5 to 3600'),
      ]);
    });
  });

  describe('.env', () => {
    it('is read with quotes, comments, CRLF and export, and the real environment goes before it', () => {
      writeDotenv(
        '# comment\r\nexport YOUTUBE_STREAM_KEY="from-dotenv" # mine\r\nLOG_LEVEL=\'debug\'\r\nSTREAM_CONTROLLER_PORT=9000\r\nSTREAM_STATE_DIR=here\r\n',
      );
      expect(settingsOf({ STREAM_CONTROLLER_PORT: '9001' })).toMatchObject({
        streamKey: 'from-dotenv',
        logLevel: 'debug',
        healthPort: 9001,
        stateDir: join(workspace.dir, 'here'),
      });
      expect(warningsOf({})).toEqual([]);
    });

    it('is not hidden by a variable of the environment that is empty', () => {
      mkdirSync(join(workspace.dir, 'config'));
      writeFileSync(
        join(workspace.dir, 'config', '.env'),
        'LOG_LEVEL=debug\nSTREAM_STATE_DIR=here\nYOUTUBE_STREAM_KEY=a-key\n',
      );
      const env = { LOG_LEVEL: '', STREAM_STATE_DIR: '', YOUTUBE_STREAM_KEY: '', YOUTUBE_STREAM_KEY_FILE: '' };
      expect(settingsOf({ STREAM_CONFIG_DIR: 'config', ...env })).toMatchObject({
        logLevel: 'debug',
        stateDir: join(workspace.dir, 'config', 'here'),
        streamKey: 'a-key',
      });
    });

    it('stands in the configuration directory, wherever the daemon was started', () => {
      mkdirSync(join(workspace.dir, 'config'));
      writeFileSync(
        join(workspace.dir, 'config', '.env'),
        'LOG_LEVEL=warn\nSTORAGE_PROVIDER=local\nSTORAGE_LOCAL_DIR=media\n',
        { mode: 0o600 },
      );
      const settings = settingsOf({ STREAM_CONFIG_DIR: 'config', STREAM_STATE_DIR: 'run' });
      expect(settings).toMatchObject({
        logLevel: 'warn',
        configDir: join(workspace.dir, 'config'),
        stateDir: join(workspace.dir, 'run'),
        storage: { directory: join(workspace.dir, 'config', 'media') },
      });
    });

    it('that others can read gets a warning; one that is no file is a problem', () => {
      writeDotenv('LOG_LEVEL=info\n');
      chmodSync(join(workspace.dir, '.env'), 0o644);
      expect(warningsOf({})).toEqual([expect.stringContaining('chmod 600')]);
      mkdirSync(join(workspace.dir, 'config', '.env'), { recursive: true });
      expect(problemsOf({ STREAM_CONFIG_DIR: 'config' })).toEqual([expect.stringContaining('is not a file')]);
    });

    it('has an example that names every variable and is valid as it stands', () => {
      const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
      for (const name of KNOWN_NAMES) expect(example).toMatch(new RegExp(`^(?:# )?${name}=`, 'm'));
      writeDotenv(example);
      expect(settingsOf({})).toEqual(settingsOf({ YOUTUBE_STREAM_KEY: '' }));
      writeDotenv(example.replace(/^# (?=[A-Z_]+=[^/\n]+$)/gm, ''));
      expect(settingsOf({})).toMatchObject({ healthPort: 8000, maxRetries: 3, urlTtlS: 604_800, logLevel: 'info' });
    });
  });

  describe('programs that .env names', () => {
    const problemsFor = (uid: number, env: Record<string, string> = {}): readonly string[] => {
      const result = readSettings(env, workspace.dir, uid);
      return result.kind === 'invalid' ? result.problems : [];
    };

    it('are not run by root where others can write the file', () => {
      writeDotenv('FFMPEG_PATH=/opt/ffmpeg\nFFPROBE_PATH=/opt/ffprobe\nLOG_LEVEL=debug\n');
      chmodSync(join(workspace.dir, '.env'), 0o666);
      expect(problemsFor(0).map((problem) => problem.split(':')[0])).toEqual(['FFMPEG_PATH', 'FFPROBE_PATH']);
      expect(problemsFor(1_000)).toEqual([]);
      expect(problemsFor(0, { FFMPEG_PATH: '/usr/bin/ffmpeg', FFPROBE_PATH: '/usr/bin/ffprobe' })).toEqual([]);
    });

    it('are not asked about where there are none', () => {
      writeDotenv('LOG_LEVEL=debug\n');
      chmodSync(join(workspace.dir, '.env'), 0o666);
      expect(problemsFor(0)).toEqual([]);
    });

    it.runIf(process.getuid?.() === 0)('are run by root where the file is its own, and nobody else writes it', () => {
      writeDotenv('FFMPEG_PATH=/opt/ffmpeg\n');
      expect(problemsFor(0)).toEqual([]);
      chownSync(join(workspace.dir, '.env'), 1_000, 1_000);
      expect(problemsFor(0)).toHaveLength(1);
    });
  });

  describe('secrets in files', () => {
    it('are read without the line end', () => {
      writeFileSync(join(workspace.dir, 'key'), `${KEY}\r\n`);
      expect(settingsOf({ YOUTUBE_STREAM_KEY_FILE: join(workspace.dir, 'key') }).streamKey).toBe(KEY);
      expect(
        settingsOf({ ...R2, STORAGE_SECRET_ACCESS_KEY: undefined, STORAGE_SECRET_ACCESS_KEY_FILE: 'key' }).storage,
      ).toMatchObject({
        secretAccessKey: KEY,
      });
    });

    it('that cannot be read are a problem that names variable and path', () => {
      expect(problemsOf({ YOUTUBE_STREAM_KEY_FILE: '/nowhere/key' })).toEqual([
        'YOUTUBE_STREAM_KEY_FILE: /nowhere/key does not exist',
      ]);
      expect(problemsOf({ YOUTUBE_STREAM_KEY_FILE: '/dev/zero' })).toEqual([
        'YOUTUBE_STREAM_KEY_FILE: /dev/zero is not a file',
      ]);
    });

    it('are refused beside the same secret by value, unless that stands in .env', () => {
      writeFileSync(join(workspace.dir, 'key'), `${KEY}\n`);
      expect(problemsOf({ YOUTUBE_STREAM_KEY: 'x', YOUTUBE_STREAM_KEY_FILE: 'key' })).toEqual([
        'YOUTUBE_STREAM_KEY and YOUTUBE_STREAM_KEY_FILE are both set; keep one',
      ]);
      writeDotenv('YOUTUBE_STREAM_KEY=old\n');
      expect(settingsOf({ YOUTUBE_STREAM_KEY_FILE: 'key' }).streamKey).toBe(KEY);
    });
  });

  it('warns of misspelt names, and of nothing that belongs to others', () => {
    expect(
      warningsOf({ STORAGE_BUKET: 'a', YOUTUBE_STREAMKEY: 'b', SSL_CERT_DIR: 'c', PATH: 'd', HOME: 'e', LANG: 'f' }),
    ).toEqual([
      'STORAGE_BUKET is not a variable of this service; did you mean STORAGE_BUCKET?',
      'YOUTUBE_STREAMKEY is not a variable of this service; did you mean YOUTUBE_STREAM_KEY?',
    ]);
  });

  it.each(['hc-ping.com/uuid', 'ftp://h/secret-path', 'https://', 'https://h/secret-path#x', 'https://h/secret path'])(
    'refuses the heartbeat address %j without showing it',
    (address) => {
      expect(problemsOf({ HEARTBEAT_URL: address })).toEqual([
        'HEARTBEAT_URL: found something else (not shown); accepted: an http:// or https:// address without a fragment',
      ]);
    },
  );

  it('takes a heartbeat address and its interval, also from a file, and keeps every part of it secret', () => {
    writeFileSync(join(workspace.dir, 'beat'), 'https://me:pass%20word@hc-ping.com/0123456789abcdef-uuid?create=1\n');
    const settings = settingsOf({ HEARTBEAT_URL_FILE: 'beat', HEARTBEAT_INTERVAL: '5' });
    expect(settings.heartbeat).toEqual({
      address: 'https://me:pass%20word@hc-ping.com/0123456789abcdef-uuid?create=1',
      everyMs: 5_000,
    });
    expect(collectSecrets(settings)).toEqual([
      'https://me:pass%20word@hc-ping.com/0123456789abcdef-uuid?create=1',
      'hc-ping.com/0123456789abcdef-uuid?create=1',
      'pass%20word',
      'pass word',
      '0123456789abcdef-uuid',
    ]);
    expect(problemsOf({ HEARTBEAT_INTERVAL: '0' })).toEqual([
      'HEARTBEAT_INTERVAL: found "0"; accepted: whole seconds from 1 to 86400',
    ]);
  });

  it('tells which strings must never be printed', () => {
    const client = { YOUTUBE_CLIENT_ID: 'client-id', YOUTUBE_CLIENT_SECRET: 'client-secret' };
    expect(collectSecrets(settingsOf({ ...R2, ...client, YOUTUBE_STREAM_KEY: KEY }))).toEqual([
      KEY,
      'client-id',
      'client-secret',
      'a-secret-access-key',
    ]);
    expect(collectSecrets(settingsOf({}))).toEqual([]);
  });
});
