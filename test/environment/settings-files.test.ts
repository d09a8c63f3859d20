import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KNOWN_NAMES } from '../../src/environment/names.ts';
import { collectSecrets, readSettings } from '../../src/environment/read-settings.ts';
import { R2, type SettingsBench, settingsBench } from './settings-bench.ts';

const KEY = 'abcd-efgh-ijkl-mnop-qrst';

describe('settings from files', () => {
  let workspace: SettingsBench;
  beforeEach(() => {
    workspace = settingsBench();
  });
  afterEach(() => workspace.cleanup());

  describe('.env', () => {
    it('is read with quotes, comments, CRLF and export, and the real environment goes before it', () => {
      workspace.writeDotenv(
        '# comment\r\nexport YOUTUBE_STREAM_KEY="from-dotenv" # mine\r\nLOG_LEVEL=\'debug\'\r\nSTREAM_CONTROLLER_PORT=9000\r\nSTREAM_STATE_DIR=here\r\n',
      );
      expect(workspace.settingsOf({ STREAM_CONTROLLER_PORT: '9001' })).toMatchObject({
        streamKey: 'from-dotenv',
        logLevel: 'debug',
        healthPort: 9001,
        stateDir: join(workspace.dir, 'here'),
      });
      expect(workspace.warningsOf({})).toEqual([]);
    });

    it('is not hidden by a variable of the environment that is empty', () => {
      mkdirSync(join(workspace.dir, 'config'));
      writeFileSync(
        join(workspace.dir, 'config', '.env'),
        'LOG_LEVEL=debug\nSTREAM_STATE_DIR=here\nYOUTUBE_STREAM_KEY=a-key\n',
      );
      const env = { LOG_LEVEL: '', STREAM_STATE_DIR: '', YOUTUBE_STREAM_KEY: '', YOUTUBE_STREAM_KEY_FILE: '' };
      expect(workspace.settingsOf({ STREAM_CONFIG_DIR: 'config', ...env })).toMatchObject({
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
      const settings = workspace.settingsOf({ STREAM_CONFIG_DIR: 'config', STREAM_STATE_DIR: 'run' });
      expect(settings).toMatchObject({
        logLevel: 'warn',
        configDir: join(workspace.dir, 'config'),
        stateDir: join(workspace.dir, 'run'),
        storage: { directory: join(workspace.dir, 'config', 'media') },
      });
    });

    it('that others can read gets a warning; one that is no file is a problem', () => {
      workspace.writeDotenv('LOG_LEVEL=info\n');
      chmodSync(join(workspace.dir, '.env'), 0o644);
      expect(workspace.warningsOf({})).toEqual([expect.stringContaining('chmod 600')]);
      mkdirSync(join(workspace.dir, 'config', '.env'), { recursive: true });
      expect(workspace.problemsOf({ STREAM_CONFIG_DIR: 'config' })).toEqual([expect.stringContaining('is not a file')]);
    });

    it('has an example that names every variable and is valid as it stands', () => {
      const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
      for (const name of KNOWN_NAMES) expect(example).toMatch(new RegExp(`^(?:# )?${name}=`, 'm'));
      workspace.writeDotenv(example);
      expect(workspace.settingsOf({})).toEqual(workspace.settingsOf({ YOUTUBE_STREAM_KEY: '' }));
      workspace.writeDotenv(example.replace(/^# (?=[A-Z_]+=[^/\n]+$)/gm, ''));
      expect(workspace.settingsOf({})).toMatchObject({
        healthPort: 8000,
        maxRetries: 3,
        urlTtlS: 604_800,
        logLevel: 'info',
      });
    });
  });

  describe('programs that .env names', () => {
    const problemsFor = (uid: number, env: Record<string, string> = {}): readonly string[] => {
      const result = readSettings(env, workspace.dir, uid);
      return result.kind === 'invalid' ? result.problems : [];
    };

    it('are not run by root where others can write the file', () => {
      workspace.writeDotenv('FFMPEG_PATH=/opt/ffmpeg\nFFPROBE_PATH=/opt/ffprobe\nLOG_LEVEL=debug\n');
      chmodSync(join(workspace.dir, '.env'), 0o666);
      expect(problemsFor(0).map((problem) => problem.split(':')[0])).toEqual(['FFMPEG_PATH', 'FFPROBE_PATH']);
      expect(problemsFor(1_000)).toEqual([]);
      expect(problemsFor(0, { FFMPEG_PATH: '/usr/bin/ffmpeg', FFPROBE_PATH: '/usr/bin/ffprobe' })).toEqual([]);
    });

    it('are not asked about where there are none', () => {
      workspace.writeDotenv('LOG_LEVEL=debug\n');
      chmodSync(join(workspace.dir, '.env'), 0o666);
      expect(problemsFor(0)).toEqual([]);
    });

    it.runIf(process.getuid?.() === 0)('are run by root where the file is its own, and nobody else writes it', () => {
      workspace.writeDotenv('FFMPEG_PATH=/opt/ffmpeg\n');
      expect(problemsFor(0)).toEqual([]);
      chownSync(join(workspace.dir, '.env'), 1_000, 1_000);
      expect(problemsFor(0)).toHaveLength(1);
    });
  });

  describe('secrets in files', () => {
    it('are read without the line end', () => {
      writeFileSync(join(workspace.dir, 'key'), `${KEY}\r\n`);
      expect(workspace.settingsOf({ YOUTUBE_STREAM_KEY_FILE: join(workspace.dir, 'key') }).streamKey).toBe(KEY);
      expect(
        workspace.settingsOf({ ...R2, STORAGE_SECRET_ACCESS_KEY: undefined, STORAGE_SECRET_ACCESS_KEY_FILE: 'key' })
          .storage,
      ).toMatchObject({
        secretAccessKey: KEY,
      });
    });

    it('that cannot be read are a problem that names variable and path', () => {
      expect(workspace.problemsOf({ YOUTUBE_STREAM_KEY_FILE: '/nowhere/key' })).toEqual([
        'YOUTUBE_STREAM_KEY_FILE: /nowhere/key does not exist',
      ]);
      expect(workspace.problemsOf({ YOUTUBE_STREAM_KEY_FILE: '/dev/zero' })).toEqual([
        'YOUTUBE_STREAM_KEY_FILE: /dev/zero is not a file',
      ]);
    });

    it('are refused beside the same secret by value, unless that stands in .env', () => {
      writeFileSync(join(workspace.dir, 'key'), `${KEY}\n`);
      expect(workspace.problemsOf({ YOUTUBE_STREAM_KEY: 'x', YOUTUBE_STREAM_KEY_FILE: 'key' })).toEqual([
        'YOUTUBE_STREAM_KEY and YOUTUBE_STREAM_KEY_FILE are both set; keep one',
      ]);
      workspace.writeDotenv('YOUTUBE_STREAM_KEY=old\n');
      expect(workspace.settingsOf({ YOUTUBE_STREAM_KEY_FILE: 'key' }).streamKey).toBe(KEY);
    });
  });

  it('warns of misspelt names, and of nothing that belongs to others', () => {
    expect(
      workspace.warningsOf({
        STORAGE_BUKET: 'a',
        YOUTUBE_STREAMKEY: 'b',
        SSL_CERT_DIR: 'c',
        PATH: 'd',
        HOME: 'e',
        LANG: 'f',
      }),
    ).toEqual([
      'STORAGE_BUKET is not a variable of this service; did you mean STORAGE_BUCKET?',
      'YOUTUBE_STREAMKEY is not a variable of this service; did you mean YOUTUBE_STREAM_KEY?',
    ]);
  });

  it.each(['hc-ping.com/uuid', 'ftp://h/secret-path', 'https://', 'https://h/secret-path#x', 'https://h/secret path'])(
    'refuses the heartbeat address %j without showing it',
    (address) => {
      expect(workspace.problemsOf({ HEARTBEAT_URL: address })).toEqual([
        'HEARTBEAT_URL: found something else (not shown); accepted: an http:// or https:// address without a fragment',
      ]);
    },
  );

  it('takes a heartbeat address and its interval, also from a file, and keeps every part of it secret', () => {
    writeFileSync(join(workspace.dir, 'beat'), 'https://me:pass%20word@hc-ping.com/0123456789abcdef-uuid?create=1\n');
    const settings = workspace.settingsOf({ HEARTBEAT_URL_FILE: 'beat', HEARTBEAT_INTERVAL: '5' });
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
    expect(workspace.problemsOf({ HEARTBEAT_INTERVAL: '0' })).toEqual([
      'HEARTBEAT_INTERVAL: found "0"; accepted: whole seconds from 1 to 86400',
    ]);
  });

  it('tells which strings must never be printed', () => {
    const client = { YOUTUBE_CLIENT_ID: 'client-id', YOUTUBE_CLIENT_SECRET: 'client-secret' };
    expect(collectSecrets(workspace.settingsOf({ ...R2, ...client, YOUTUBE_STREAM_KEY: KEY }))).toEqual([
      KEY,
      'client-id',
      'client-secret',
      'a-secret-access-key',
    ]);
    expect(collectSecrets(workspace.settingsOf({}))).toEqual([]);
  });
});
