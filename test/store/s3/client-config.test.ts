import { describe, expect, it } from 'vitest';
import { s3ClientConfig } from '../../../src/store/s3/client-config.ts';
import type { S3Settings } from '../../../src/store/settings.ts';

const settings: S3Settings = {
  ...{ kind: 's3', provider: 'cloudflare', bucket: 'media', accessKeyId: 'id', secretAccessKey: 'secret' },
  ...{ region: 'auto', endpoint: 'https://account.r2.cloudflarestorage.com', forcePathStyle: true },
};

describe('s3ClientConfig', () => {
  it('asks for no checksums, which R2 refuses', () => {
    expect(s3ClientConfig(settings)).toMatchObject({
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  });

  it('bounds every wait and the number of attempts', () => {
    const { maxAttempts, requestHandler } = s3ClientConfig(settings);
    const { connectionTimeout, requestTimeout } = requestHandler;
    expect(maxAttempts * (connectionTimeout + requestTimeout)).toBeLessThanOrEqual(60_000);
  });

  it('leaves the endpoint to the SDK only where none is set', () => {
    expect(s3ClientConfig(settings).endpoint).toBe('https://account.r2.cloudflarestorage.com');
    expect('endpoint' in s3ClientConfig({ ...settings, endpoint: null })).toBe(false);
  });
});
