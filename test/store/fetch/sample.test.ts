import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ByteSample } from '../../../src/reconcile/model/item.ts';
import type { MediaFailure } from '../../../src/reconcile/model/reasons.ts';
import { byteSample } from '../../../src/reconcile/programme/store-requests.ts';
import { createS3Signer } from '../../../src/store/s3/signer.ts';
import { createSampler } from '../../../src/store/fetch/sample.ts';
import { type S3Server, startS3Server } from '../../fixtures/s3-server.ts';
import { s3Settings } from '../../fixtures/s3-settings.ts';
import { factsOf } from '../../reconcile/world-builder.ts';

const SAMPLE: ByteSample = { offsetBytes: 100_000, sizeBytes: 400_000, minBytesPerS: 200_000 };
const sampler = createSampler({ caFile: null });
let server: S3Server;
let signUrl: ReturnType<typeof createS3Signer>;

beforeAll(async () => {
  server = await startS3Server();
  server.put('media', 'a.mp4', Buffer.alloc(1_000_000, 1));
  server.put('media', 'tiny.mp4', Buffer.alloc(10, 1));
  signUrl = createS3Signer(s3Settings(server));
});
afterEach(async () => {
  server.fault = undefined;
  await server.up();
});
afterAll(() => server.stop());

async function sampled(key = 'a.mp4', sample = SAMPLE): Promise<MediaFailure | null> {
  const url = await signUrl(key, 60);
  if (url.kind === 'failed') throw new Error(url.failure.message);
  return sampler(url.value, key, sample);
}

describe('a sample of an object', () => {
  it('comes, and is no more than was asked for', async () => {
    server.clearRequests();
    expect(await sampled()).toBeNull();
    expect(server.requests).toMatchObject([{ method: 'GET', status: 206, bytesSent: 400_000 }]);
    expect(await sampled('tiny.mp4', { ...SAMPLE, offsetBytes: 0, sizeBytes: 10 })).toBeNull();
  });

  it.each(['loops/../a.mp4', './a.mp4', 'loops/./a.mp4', '../a.mp4', 'loops//a.mp4', 'loops/..'])(
    'comes of the key %j, which a path would lead elsewhere',
    async (key) => {
      server.put('media', key, Buffer.alloc(1_000, 2));
      expect(await sampled(key, { ...SAMPLE, offsetBytes: 0, sizeBytes: 10 })).toBeNull();
    },
  );

  it('of a local object is not read', async () => {
    expect(await sampler('file:/nowhere/a.mp4', 'a.mp4', SAMPLE)).toBeNull();
  });

  it('that comes too slowly names both rates', async () => {
    server.fault = () => ({ kind: 'throttle', bytesPerS: 20_000 });
    const failure = await sampled('a.mp4', { ...SAMPLE, sizeBytes: 100_000 });
    expect(failure).toMatchObject({
      reason: 'StorageSlow',
      message: expect.stringMatching(/gives \d+ kB\/s of "?a\.mp4"?, which needs 200 kB\/s/),
    });
  });

  it('that comes slowly is good enough for an item that needs no more', async () => {
    server.fault = () => ({ kind: 'throttle', bytesPerS: 100_000 });
    expect(await sampled('a.mp4', { offsetBytes: 0, sizeBytes: 65_536, minBytesPerS: 60_000 })).toBeNull();
  });

  it.each([
    ['never answers', () => void (server.fault = () => ({ kind: 'hang' }))],
    ['is down', () => server.down()],
    ['cuts the transfer', () => void (server.fault = () => ({ kind: 'reset', afterBytes: 50_000 }))],
  ])('from a store that %s is the failure of the store', async (_case, strike) => {
    await strike();
    expect(await sampled()).toMatchObject({ reason: 'StorageUnreachable' });
  });

  it('of an object that is gone or forbidden says so', async () => {
    expect(await sampled('gone.mp4')).toMatchObject({ reason: 'MediaNotFound' });
    server.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    expect(await sampled()).toMatchObject({ reason: 'MediaForbidden' });
  });
});

describe('the bytes that are sampled', () => {
  it('are two seconds of the item from where it goes on', () => {
    const item = factsOf('rain.mp4', { sizeBytes: 225_000_000, durationS: 600 });
    expect(byteSample(item, 60_000)).toEqual({ offsetBytes: 22_500_000, sizeBytes: 750_000, minBytesPerS: 375_000 });
  });

  it.each([
    ['a short item', { sizeBytes: 10, durationS: 1 }, 500, { offsetBytes: 0, sizeBytes: 10, minBytesPerS: 10 }],
    [
      'an item at its end',
      { sizeBytes: 1_000_000, durationS: 10 },
      Number.MAX_SAFE_INTEGER,
      { offsetBytes: 800_000, sizeBytes: 200_000, minBytesPerS: 100_000 },
    ],
    [
      'an item of unknown length',
      { sizeBytes: 1_000_000, durationS: null },
      5_000,
      { offsetBytes: 0, sizeBytes: 65_536, minBytesPerS: 0 },
    ],
    [
      'a very heavy item',
      { sizeBytes: 1_000_000_000, durationS: 10 },
      0,
      { offsetBytes: 0, sizeBytes: 2_097_152, minBytesPerS: 100_000_000 },
    ],
  ])('are within the object: %s', (_case, change, offsetMs, expected) => {
    expect(byteSample(factsOf('a.mp4', change), offsetMs)).toEqual(expected);
  });
});
