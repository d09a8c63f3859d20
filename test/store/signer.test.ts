import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createS3Signer } from '../../src/store/s3/signer.ts';
import type { S3Settings } from '../../src/store/settings.ts';

const run = promisify(execFile);
const settings: S3Settings = {
  kind: 's3',
  provider: 'cloudflare',
  bucket: 'media',
  accessKeyId: 'key-id',
  secretAccessKey: 'very-secret',
  region: 'auto',
  endpoint: 'https://account.r2.cloudflarestorage.com',
  forcePathStyle: true,
};

async function signed(key: string, ttlS: number, change: Partial<S3Settings> = {}, offsetMs = 0): Promise<URL> {
  const sign = createS3Signer({ ...settings, ...change }, () => offsetMs);
  const result = await sign(key, ttlS);
  if (result.kind === 'failed') throw new Error(result.failure.message);
  return new URL(result.value);
}

describe('createS3Signer', () => {
  it('signs a plain GET that lives as long as asked', async () => {
    const url = await signed('loops/rain & sun.mp4', 3600);
    expect(url.host).toBe('account.r2.cloudflarestorage.com');
    expect(url.pathname).toBe('/media/loops/rain%20%26%20sun.mp4');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('3600');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host');
    expect(url.href).not.toContain('very-secret');
  });

  it('asks for no checksum, which R2 would answer with 403', async () => {
    expect((await signed('a.mp4', 60)).search.toLowerCase()).not.toContain('checksum');
  });

  it('keeps within the seven days that SigV4 allows', async () => {
    expect((await signed('a.mp4', 1e9)).searchParams.get('X-Amz-Expires')).toBe('604800');
    expect((await signed('a.mp4', 0)).searchParams.get('X-Amz-Expires')).toBe('1');
  });

  it('puts the bucket into the host name for AWS', async () => {
    const url = await signed('a.mp4', 60, {
      provider: 'aws',
      region: 'eu-west-1',
      endpoint: null,
      forcePathStyle: false,
    });
    expect(url.host).toBe('media.s3.eu-west-1.amazonaws.com');
  });

  it('dates addresses by the clock of the store', async () => {
    const date = (await signed('a.mp4', 60, {}, 86_400_000)).searchParams.get('X-Amz-Date') ?? '';
    const atMs = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    expect(Math.abs(atMs - Date.now() - 86_400_000)).toBeLessThan(60_000);
  });

  it('loads the AWS packages with the first signature only, and stays small', async () => {
    const module = fileURLToPath(new URL('../../src/store/drivers.ts', import.meta.url));
    const script = `
      import { openStore } from ${JSON.stringify(module)};
      const { createRequire } = await import('node:module');
      const { cache } = createRequire(import.meta.url);
      const loaded = () => Object.keys(cache).some((path) => path.includes('aws-sdk'));
      const store = openStore(${JSON.stringify(settings)}, null);
      const before = loaded();
      for (let i = 0; i < 50; i += 1) await store.getStreamUrl('k' + i, 60);
      console.log(JSON.stringify({ before, after: loaded(), rssBytes: process.memoryUsage.rss() }));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { timeout: 20_000 });
    const report = JSON.parse(stdout) as { before: boolean; after: boolean; rssBytes: number };
    expect(report).toMatchObject({ before: false, after: true });
    expect(report.rssBytes).toBeLessThan(120 * 1024 * 1024);
  });
});
