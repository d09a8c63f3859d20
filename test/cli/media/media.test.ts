import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { called, entryPath, streamctl } from '../streamctl.ts';
import { type S3Server, startS3Server } from '../../fixtures/s3-server.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

let workspace: Workspace;
let s3: S3Server;
let local: Record<string, string>;
let remote: Record<string, string>;

beforeAll(async () => {
  workspace = makeWorkspace();
  mkdirSync(join(workspace.dir, 'media/loops'), { recursive: true });
  for (const [name, size] of Object.entries({ '10.mp4': 3, '2.mp4': 1_500_000 })) {
    writeFileSync(join(workspace.dir, 'media/loops', name), Buffer.alloc(size));
  }
  const common = { STREAM_CONFIG_DIR: workspace.dir };
  local = { ...common, STORAGE_PROVIDER: 'local', STORAGE_LOCAL_DIR: join(workspace.dir, 'media') };
  s3 = await startS3Server();
  s3.put('media', 'loops/rain.mp4', Buffer.from('rain'));
  s3.put('media', 'odd/\u001b[2Jname.mp4', Buffer.from('odd'));
  remote = {
    ...common,
    STORAGE_ENDPOINT: s3.url,
    STORAGE_BUCKET: 'media',
    STORAGE_ACCESS_KEY_ID: s3.accessKeyId,
    STORAGE_SECRET_ACCESS_KEY: s3.secretAccessKey,
    STORAGE_URL_TTL: '3600',
  };
});
afterAll(async () => {
  await s3.stop();
  await workspace.cleanup();
});

describe('streamctl media ls', () => {
  it('lists size and key in the order they play', async () => {
    expect(await streamctl(['media', 'ls'], { env: local })).toEqual({
      code: 0,
      stdout: '   1.5 MB  loops/2.mp4\n      3 B  loops/10.mp4\n',
      stderr: '',
    });
  });

  it('lists a prefix of a bucket, for programs exactly', async () => {
    const { code, stdout } = await called(['media', 'ls', 'odd/', '--json'], { env: remote });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([{ key: 'odd/\u001b[2Jname.mp4', sizeBytes: 3, version: expect.any(String) }]);
  });

  it('spells out what would move the cursor', async () => {
    const { stdout } = await called(['media', 'ls', 'odd/'], { env: remote });
    expect(stdout).toBe('      3 B  odd/\\u{1b}[2Jname.mp4\n');
  });

  it('says on stderr when there is nothing', async () => {
    const outcome = await called(['media', 'ls', 'none/'], { env: local });
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: 'streamctl: no media under "none/"\n' });
  });

  it.each([
    ['StorageNotConfigured', {}],
    ['StorageCredentialsRejected', { STORAGE_SECRET_ACCESS_KEY: 'another-secret' }],
    ['StorageBucketMissing', { STORAGE_BUCKET: 'no-such-bucket' }],
  ])('tells %s in one clear line, exit 1', async (reason, edit) => {
    const env = reason === 'StorageNotConfigured' ? { STREAM_CONFIG_DIR: workspace.dir } : { ...remote, ...edit };
    const { code, stdout, stderr } = await called(['media', 'ls'], { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^streamctl: ${reason}: [^\\n]+\\n$`));
  });

  it('refuses a malformed environment, exit 2', async () => {
    const { code, stderr } = await called(['media', 'ls'], { env: { ...local, LOG_LEVEL: 'bogus' } });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/^streamctl: LOG_LEVEL: /) });
  });

  it('ends quietly when its reader goes away', async () => {
    const script = 'set -o pipefail; "$0" "$1" media ls | true; echo "${PIPESTATUS[0]}"';
    const { stdout, stderr } = await promisify(execFile)(
      'bash',
      ['--norc', '-c', script, process.execPath, entryPath],
      {
        env: { PATH: process.env['PATH'] ?? '', ...local },
        timeout: 20_000,
      },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });
});

describe('streamctl media url', () => {
  it('prints a URL that can be fetched, alone on stdout, and how long it lives on stderr', async () => {
    const { code, stdout, stderr } = await streamctl(['media', 'url', 'loops/rain.mp4'], { env: remote });
    expect(code).toBe(0);
    expect(stdout.trim()).toContain('X-Amz-Expires=3600');
    expect(await (await fetch(stdout.trim())).text()).toBe('rain');
    expect(stderr).toMatch(/^streamctl: lives 1 h 0 min, until \S+Z; whoever has it can read the object\n$/);
  });

  it('gives a local file as FFmpeg takes it', async () => {
    const { stdout } = await called(['media', 'url', 'loops/2.mp4'], { env: local });
    expect(stdout).toBe(`file:${join(workspace.dir, 'media/loops/2.mp4')}\n`);
  });

  it.each([['nope.mp4'], ['../desired.yaml']])('gives no URL of %s, exit 1', async (key) => {
    const { code, stdout, stderr } = await called(['media', 'url', key], { env: local });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^streamctl: [A-Z][A-Za-z]+: [^\n]+\n$/);
  });
});
